"""The reference of commands: the help of every command, as the program prints it."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

from collections.abc import Iterator

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from natalis.cli.app import SECTIONS, app

COMMANDS = "<!-- the help of every command -->"
_WIDTH = 100


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - as MkDocs calls it
    """Put the commands in their place."""
    return markdown.replace(COMMANDS, "\n".join(_commands())) if COMMANDS in markdown else markdown


def _commands() -> Iterator[str]:
    parent = click.Context(app, info_name="natalis", terminal_width=_WIDTH)
    for heading, names in SECTIONS.items():
        yield f"\n## {heading}\n"
        for name in names:
            command = app.get_command(parent, name)
            assert command is not None, name  # noqa: S101 - the section names it
            yield from _command(command, name, parent, level=3)


def _command(command: click.Command, name: str, parent: click.Context, *, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=_WIDTH)
    yield f"\n{'#' * level} `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None, below  # noqa: S101 - the group names it
            yield from _command(found, below, context, level=level + 1)
