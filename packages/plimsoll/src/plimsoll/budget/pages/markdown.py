"""Markdown: tables, links between files, and the line that says that a page is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from os.path import relpath
from pathlib import Path, PurePath


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, and an empty one."""
    yield _row(head)
    yield f"|{'---|' * len(head)}"
    yield from map(_row, rows)
    yield ""


def link(text: str, to: Path | str, from_page: Path) -> str:
    """Return a link to another file from a page's own folder; an address stays as it is."""
    target = to if isinstance(to, str) else PurePath(relpath(to, from_page.parent)).as_posix()
    return f"[{text}]({target})"


def page(mark: str, lines: Iterable[str]) -> str:
    """Return a page with its mark."""
    return "\n".join((f"<!-- {mark} -->", "", *lines)).rstrip() + "\n"


def escaped(text: str) -> str:
    """Return a text of people's that changes neither a table nor a page: HTML in it is shown as it is."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
