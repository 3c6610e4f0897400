"""The table of settings and that of exit codes, from the declarations that the program itself reads."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

from collections.abc import Iterator

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from natalis.cli.exit_codes import ExitCode
from natalis.runtime.settings import Choice, choices

SETTINGS = "<!-- the table of settings -->"
EXIT_CODES = "<!-- the table of exit codes -->"


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - as MkDocs calls it
    """Put the tables in their places."""
    if SETTINGS in markdown:
        markdown = markdown.replace(SETTINGS, "\n".join(_settings()))
    if EXIT_CODES in markdown:
        markdown = markdown.replace(EXIT_CODES, "\n".join(_exit_codes()))
    return markdown


def _settings() -> Iterator[str]:
    yield "| in `natalis.toml`, in the environment | default | what it does |"
    yield "|---|---|---|"
    for choice in choices().values():
        names = f"`{choice.name}`<br>`{choice.variable}`"
        yield f"| {names} | {_default(choice)} | {_cell(choice.doc)} |"


def _default(choice: Choice) -> str:
    return f"`{_cell(shown)}`" if (shown := choice.shown(choice.default)) else "none"


def _exit_codes() -> Iterator[str]:
    yield "| code | name | meaning |"
    yield "|---|---|---|"
    for code in ExitCode:
        yield f"| {code.value} | `{code.name}` | {_cell(code.meaning)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
