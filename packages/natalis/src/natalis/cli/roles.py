"""`natalis api|planner|dispatcher|worker`: the roles of a fleet, which this version does not have yet; they say so."""

from __future__ import annotations

from typing import NoReturn

import click

from natalis.cli.command import Command
from natalis.errors import InvalidInput

PROBLEM = "one process owns a SQLite file, and has every role in it"
REMEDY = "run `natalis up`; separate processes need the PostgreSQL store, which comes with a later version"


def _role(name: str) -> Command:
    @click.command(
        name,
        cls=Command,
        examples=["natalis up"],
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    def refuse() -> NoReturn:
        """Not in this version: `natalis up` has every role in one process."""
        raise InvalidInput(name, PROBLEM, REMEDY)

    return refuse


api, planner, dispatcher, worker = (_role(name) for name in ("api", "planner", "dispatcher", "worker"))
