"""The list of commands, and the one way into any of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import click

from natalis import __version__
from natalis.cli.command import LazyGroup
from natalis.cli.failure import guarded

SECTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "Start here": {
            "demo": ("natalis.cli.demo", "Play a year of real birthdays on a virtual clock; nothing leaves."),
            "up": ("natalis.cli.up", "Run the whole service on this machine, API and /docs included."),
        },
        "People": {
            "import": (
                "natalis.cli.import_file",
                "Import people from a CSV, vCard or NDJSON file.",
            ),
            "user": ("natalis.cli.user", "Add, show, list and remove people one at a time."),
            "suppress": ("natalis.cli.suppress", "Addresses that must not be written to: add, remove, list."),
            "seed": (
                "natalis.cli.seed",
                "Add N invented people from the whole earth.",
            ),
        },
        "Messages": {
            "upcoming": ("natalis.cli.upcoming", "Show what will be sent in the next days, and when."),
            "forecast": ("natalis.cli.forecast", "Show how many messages a date will ask for."),
            "why": ("natalis.cli.why", "Tell what became of someone's messages in a year, and why."),
            "deliveries": (
                "natalis.cli.deliveries",
                "See what became of messages; retry, cancel, replay.",
            ),
        },
        "Operation": {
            "doctor": ("natalis.cli.doctor", "Check every dependency, and say what to do."),
            "migrate": (
                "natalis.cli.migrate",
                "Show what the database lacks; add it with --apply.",
            ),
            "settings": ("natalis.cli.settings", "Show every setting, its value here and what it does."),
            "template": (
                "natalis.cli.template",
                "See what messages say; send one to yourself.",
            ),
            "quarantine": (
                "natalis.cli.quarantine",
                "See and release people who could not be planned.",
            ),
            "tz": ("natalis.cli.tz", "Move people when a government moves a clock."),
            "token": ("natalis.cli.tokens", "Create, list and revoke the API's access tokens."),
            "mock-provider": (
                "natalis.cli.mock_provider",
                "Run an e-mail service for trials that fails on demand.",
            ),
            "completion": ("natalis.cli.completion", "Print the script that completes commands in a shell."),
        },
    }
)
"""Below each heading the commands, in the order of the help: where each is, and its summary (a test compares them)."""

ROLES = MappingProxyType({name: ("natalis.cli.roles", name) for name in ("api", "planner", "dispatcher", "worker")})


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    unlisted=ROLES,
    examples=["natalis demo", "natalis up", "natalis import people.csv --dry-run"],
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False),
    envvar="NATALIS_CONFIG",
    metavar="FILE",
    help="Settings file (TOML); the environment goes before it.",
)
@click.version_option(__version__, "-V", "--version", message="natalis %(version)s")
@click.pass_context
def app(ctx: click.Context, config: str | None) -> None:
    """Natalis sends every person a message on their day, at nine in their morning, exactly once."""
    ctx.obj = config
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # a name that the terminal's encoding lacks is shown escaped, which beats a crash
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # both are text files here
    return guarded(
        lambda: app.main(args=list(arguments), prog_name="natalis", standalone_mode=False),
        as_json="--json" in arguments,
        environ=os.environ,
        err=sys.stderr,
    )
