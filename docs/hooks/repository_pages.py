"""Pages that live beside the code become pages of the site, and links between all of them are made to hold."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from types import MappingProxyType

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
DOCS = "docs/"
CODE = "packages/natalis/src/natalis"
BESIDE_THE_CODE = MappingProxyType(
    {
        "explanation/architecture.md": "ARCHITECTURE.md",
        "explanation/calendar.md": f"{CODE}/domain/calendar.md",
        "explanation/life-of-a-delivery.md": f"{CODE}/domain/lifecycle.md",
        "explanation/durability.md": f"{CODE}/stores/sqlite/durability.md",
        "explanation/hot-rows.md": f"{CODE}/stores/postgres/hot-rows.md",
        "explanation/migrations.md": f"{CODE}/stores/postgres/migrations.md",
        "explanation/replica.md": f"{CODE}/stores/postgres/replica.md",
        "explanation/queue.md": f"{CODE}/transports/rabbitmq/rabbitmq.md",
        "explanation/cache.md": f"{CODE}/caches/redis.md",
        "how-to/deploy.md": "deploy/README.md",
        "how-to/observability-files.md": "deploy/observability/README.md",
        "plimsoll/verdicts.md": "packages/plimsoll/src/plimsoll/compare/verdicts.md",
        "project/contributing.md": "CONTRIBUTING.md",
        "project/security.md": "SECURITY.md",
        "project/changelog.md": "CHANGELOG.md",
    }
)
"""Page of the site to the file it is made of, from the root of the repository."""
_ALSO = MappingProxyType({"README.md": "index.md"})  # what the site says in its own words
_PAGE_OF = MappingProxyType({source: page for page, source in BESIDE_THE_CODE.items()} | dict(_ALSO))
_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<path>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for page, source in BESIDE_THE_CODE.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - as MkDocs calls it
    """Rewrite every link from where its file lies in the repository to where its page lies on the site."""
    here = page.file.src_uri
    source = BESIDE_THE_CODE.get(here, DOCS + here)
    return _LINK.sub(lambda link: _relinked(link, source, here), markdown)


def _relinked(link: re.Match[str], source: str, here: str) -> str:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
    page = _page_of(path)
    if page is not None:
        return f"[{link['text']}]({posixpath.relpath(page, posixpath.dirname(here) or '.')}{link['anchor'] or ''})"
    if (ROOT / path).exists():
        return link["text"]  # a file of the repository that is no page: its name says enough
    return link[0]  # the strict build complains about it


def _page_of(path: str) -> str | None:
    if path in _PAGE_OF:
        return _PAGE_OF[path]
    is_page = path.startswith(DOCS) and (ROOT / path).is_file()
    return path.removeprefix(DOCS) if is_page else None
