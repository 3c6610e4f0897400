"""The table of metrics: every family that a running process registers, with its labels and buckets."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from natalis.telemetry.metrics import Metrics
from plimsoll.instrument.asgi import HttpMetrics
from plimsoll.instrument.database import DatabaseMetrics
from plimsoll.instrument.process import LoopLag, watch_process
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.values import Shape

METRICS = "<!-- the table of metrics -->"


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - as MkDocs calls it
    """Put the table in its place."""
    return markdown.replace(METRICS, "\n".join(_table(_shapes()))) if METRICS in markdown else markdown


def _shapes() -> list[Shape]:
    """Register what `natalis up` registers."""
    registry = Registry()
    Metrics(registry)
    DatabaseMetrics(registry)
    HttpMetrics(registry)
    LoopLag(registry)
    watch_process(registry, service="natalis", version="")
    return sorted(registry.shapes(), key=lambda shape: shape.name)


def _table(shapes: Sequence[Shape]) -> Iterator[str]:
    yield "| metric | type | labels | meaning |"
    yield "|---|---|---|---|"
    for shape in shapes:
        labels = ", ".join(f"`{label}`" for label in shape.labels)
        bounds = f" Buckets: {', '.join(f'{bound:g}' for bound in shape.bounds)}." if shape.bounds else ""
        yield f"| `{shape.name}` | {shape.kind.value} | {labels} | {shape.explained}{bounds} |"
