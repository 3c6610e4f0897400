"""Every decision record is in the navigation, in order, without anybody having to name it there."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

SECTION, FIRST = "Decisions", "decisions/README.md"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the section, which names its first page alone."""
    records = sorted((Path(config.docs_dir) / "decisions").glob("[0-9]*.md"))
    for entry in config.nav or []:
        if SECTION in entry:
            entry[SECTION] = [FIRST, *(f"decisions/{record.name}" for record in records)]
    return config
