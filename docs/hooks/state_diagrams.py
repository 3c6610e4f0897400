"""State diagrams are written out as tables of moves: drawing them would take a script from another host."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

import re
from collections.abc import Iterator

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

_DIAGRAM = re.compile(r"^```mermaid\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_MOVE = re.compile(r"(?P<start>\S+) --> (?P<end>\S+?)(?: : (?P<by>.+))?")
_NOWHERE = "[*]"


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - as MkDocs calls it
    """Put a table in the place of every state diagram."""
    return _DIAGRAM.sub(lambda found: "\n".join(_table(found["text"], page.file.src_uri)), markdown)


def _table(text: str, where: str) -> Iterator[str]:
    kind, *lines = [line.strip() for line in text.splitlines() if line.strip()]
    if kind != "stateDiagram-v2":
        raise PluginError(f"{where}: a diagram of the kind {kind!r} cannot be written as a table; draw it as text")
    yield "| from | to | by |"
    yield "|---|---|---|"
    for line in lines:
        move = _MOVE.fullmatch(line)
        if move is None:
            raise PluginError(f"{where}: {line!r} is not a move such as `sending --> sent : worker`")
        if move["end"] != _NOWHERE:
            start = "(none)" if move["start"] == _NOWHERE else f"`{move['start']}`"
            yield f"| {start} | `{move['end']}` | {move['by'] or ''} |"
