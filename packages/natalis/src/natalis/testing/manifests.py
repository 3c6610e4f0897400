"""Reads files that say how a fleet is run, and judges what they tell Natalis: its commands and its settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from natalis.cli.app import app
from natalis.runtime.roles import Role, check_roles
from natalis.runtime.settings import Settings, choices, load

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\}")


def read_documents(path: Path) -> list[dict[str, Any]]:
    """Return the documents of a YAML file, with anchors and merges resolved."""
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each is not None]


def interpolated(text: str, environ: Mapping[str, str]) -> str:
    """Return a text as Compose reads it: `${NAME}`, `${NAME:-default}` and `${NAME:?what to do}`.

    Raises:
        KeyError: A variable is not set that has to be.
    """

    def value(found: re.Match[str]) -> str:
        if environ.get(found["name"]):
            return environ[found["name"]]
        if found["how"] == "-":
            return found["rest"]
        raise KeyError(found["name"])

    return _VARIABLE.sub(value, text)


def variables_of(text: str) -> Mapping[str, bool]:
    """Return the variables that a file of Compose's takes from outside, and whether each has to be set."""
    return {found["name"]: found["how"] != "-" for found in _VARIABLE.finditer(text)}


def understood(arguments: Sequence[str]) -> None:
    """Have the command line judge the arguments of `natalis`, without running them.

    Raises:
        click.UsageError: It does not know the command, or one of its options.
    """
    command: click.Command = app
    context: click.Context | None = None
    name, rest = "natalis", list(arguments)
    while True:
        context = command.make_context(name, rest, parent=context)
        if not isinstance(command, click.Group):
            return
        left = [*context._protected_args, *context.args]  # noqa: SLF001 - where click keeps a group's command
        found, below, rest = command.resolve_command(context, left)
        if below is None:
            raise click.UsageError(f"there is no command {found}")
        name, command = str(found), below


def settings_of(environ: Mapping[str, str], arguments: Sequence[str], folder: Path) -> Settings:
    """Return the settings that a process finds, judged for the role that its command gives it.

    Args:
        environ: Its whole environment.
        arguments: Of `natalis`.
        folder: An empty one: no `natalis.toml` is beside it.

    Raises:
        SettingsInvalid: They cannot hold, or not for that role.
    """
    settings = load(environ, folder=folder)
    if arguments[0] in set(Role):
        check_roles(settings, frozenset({Role(arguments[0])}))
    return settings


def unknown_variables(environ: Mapping[str, str]) -> set[str]:
    """Return the variables that are no settings."""
    return set(environ) - {choice.variable for choice in choices().values()}
