"""The command line under test: what a run came to, and a walk over every command there is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
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


def parsed(
    command: click.Command, name: str, arguments: Sequence[str], parent: click.Context | None = None
) -> dict[str, Any]:
    """Have a command line judge arguments without running anything; return what the innermost command read.

    Each group hands what it did not understand to the command below; without one, what the group itself read counts.

    Raises:
        click.UsageError: They are none of its.
    """
    with command.make_context(name, list(arguments), parent=parent) as context:
        rest = [*context._protected_args, *context.args]  # noqa: SLF001 - click hands it to `invoke` only
        if not isinstance(command, click.Group) or not rest:
            return context.params
        below_name, below, below_arguments = command.resolve_command(context, rest)
        if below is None:
            raise click.UsageError(f"there is no {' '.join(rest)}", context)
        return parsed(below, str(below_name), below_arguments, context)
