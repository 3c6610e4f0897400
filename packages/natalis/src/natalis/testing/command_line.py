"""The command line under test: what a run came to, and a walk over every command there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import click

from natalis.cli.app import app
from natalis.cli.command import Command, Group


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object that was printed."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        """The JSON objects that were printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Natalis(Protocol):
    """Runs a command line, given as separate arguments."""

    def __call__(self, *arguments: str) -> Ran:
        """Run it to its end."""
        ...


def every_command() -> Iterator[tuple[str, Command | Group]]:
    """Walk the tree: how each command is called, and the command."""
    yield from _below("natalis", app)


def _below(path: str, command: click.Command) -> Iterator[tuple[str, Command | Group]]:
    if not isinstance(command, Command | Group):
        raise TypeError(f"{path} is a command without examples")
    yield path, command
    if isinstance(command, Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _below(f"{path} {name}", below)
