"""`natalis token`: who may call the API, and how much."""

from __future__ import annotations

import click

from natalis.cli.command import Group
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import token_record
from natalis.ports.tokens import Scope
from natalis.runtime.wiring import Application


@click.group(cls=Group, examples=["natalis token create console --scope read", "natalis token list"])
def command() -> None:
    """Create, list and revoke the API's access tokens."""


@command.command(examples=["natalis token create hr-upload --scope write"])
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([str(scope) for scope in Scope]),
    default=str(Scope.READ),
    show_default=True,
    help="What it allows: admin includes write, write includes read.",
)
@with_output
@with_application
async def create(output: Output, application: Application, name: str, scope: str) -> None:
    """Create a token and print its secret, which is never shown again."""
    new = await application.tokens.create(name, Scope(scope))
    output.note(f"token {new.token.name} ({new.token.scope}); keep the secret now, it is stored only as a hash:")
    output.answer({**token_record(new.token), "secret": new.secret}, new.secret)


@command.command("list", examples=["natalis token list --json"])
@with_output
@with_application
async def list_(output: Output, application: Application) -> None:
    """List tokens by name; their secrets are not known to anyone."""
    tokens = await application.tokens.list()
    output.rows(("name", "scope", "createdAt"), [token_record(token) for token in tokens], empty="there is no token")


@command.command(examples=["natalis token revoke hr-upload"])
@click.argument("name")
@with_output
@with_application
async def revoke(output: Output, application: Application, name: str) -> None:
    """Revoke a token; running servers refuse it within half a minute."""
    await application.tokens.revoke(name)
    output.answer({"name": name, "revoked": True}, f"revoked {name}")
