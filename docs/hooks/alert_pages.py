"""Every alert's page is in the navigation, without anybody having to name it there."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

SECTION, BELOW, FOLDER = "Runbooks", "Alerts", "runbooks/alerts"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add a section of rendered pages to the one of runbooks."""
    pages = sorted((Path(config.docs_dir) / FOLDER).glob("*.md"))
    for entry in config.nav or []:
        if SECTION in entry:
            entry[SECTION] = [*entry[SECTION], {BELOW: [f"{FOLDER}/{page.name}" for page in pages]}]
    return config
