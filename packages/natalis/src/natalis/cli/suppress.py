"""`natalis suppress`: addresses that must not be written to."""

from __future__ import annotations

import click

from natalis.cli.command import Group
from natalis.cli.listing import collect, limit_option
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import suppression_record
from natalis.runtime.wiring import Application
from natalis.usecases.suppress import MANUAL, REASONS


@click.group(cls=Group, examples=["natalis suppress add ada@example.org", "natalis suppress list"])
def command() -> None:
    """Addresses that must not be written to: add, remove, list."""


@command.command(examples=["natalis suppress add ada@example.org --reason bounced"])
@click.argument("email")
@click.option("--reason", type=click.Choice(REASONS), default=MANUAL, show_default=True, help="Why.")
@with_output
@with_application
async def add(output: Output, application: Application, email: str, reason: str) -> None:
    """Suppress an address; every message to it is withheld, those planned already too."""
    added = await application.suppress.add(email, reason)
    output.answer(suppression_record(added), f"suppressed {added.email} ({added.reason})")


@command.command(examples=["natalis suppress remove ada@example.org"])
@click.argument("email")
@with_output
@with_application
async def remove(output: Output, application: Application, email: str) -> None:
    """Take an address off the list."""
    await application.suppress.remove(email)
    output.answer({"email": email, "removed": True}, f"{email} may be written to again")


@command.command("list", examples=["natalis suppress list --json"])
@limit_option()
@with_output
@with_application
async def list_(output: Output, application: Application, limit: int) -> None:
    """List suppressed addresses."""
    found = await collect(application.suppress.list, limit, output)
    rows = [suppression_record(each) for each in found]
    output.rows(("email", "reason", "since"), rows, empty="no address is suppressed")
