"""`natalis settings`: every setting, its value here, and where it is set."""

from __future__ import annotations

import click

from natalis.cli.command import Command
from natalis.cli.opening import settings_of
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record
from natalis.runtime.settings import Choice, Settings, choices


@click.command(cls=Command, examples=["natalis settings", "natalis settings --json"])
@with_output
def command(output: Output) -> None:
    """Show every setting, its value here and what it does."""
    settings = settings_of(click.get_current_context())
    rows = [_record(choice, settings) for choice in choices().values()]
    output.rows(("variable", "value", "doc"), rows, empty="there is none")


def _record(choice: Choice, settings: Settings) -> Record:
    value = choice.shown(getattr(settings, choice.name))
    return {
        "name": choice.name,
        "variable": choice.variable,
        "value": value,
        "default": choice.shown(choice.default),
        "doc": choice.doc,
    }
