"""`plimsoll schema`: print the JSON Schema of the budget file."""

from __future__ import annotations

import json

import click

from plimsoll.budget.file.schema import schema


@click.command("schema")
def command() -> None:
    r"""Print the JSON Schema of the budget file, for editors and checks.

    \b
    plimsoll schema > plimsoll.schema.json
    """
    click.echo(json.dumps(schema(), indent=2))
