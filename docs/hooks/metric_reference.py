"""The tables of metrics: the families that Natalis registers, and those that the kit has."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from natalis.telemetry.metrics import Metrics
from plimsoll.instrument import business
from plimsoll.instrument.caches import CacheMetrics
from plimsoll.instrument.cells.values import Shape
from plimsoll.instrument.cost import Cost, Prices
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.process import LoopLag, watch_process
from plimsoll.instrument.queues.messages import EmailMetrics, MessageMetrics
from plimsoll.instrument.queues.metrics import QueueMetrics
from plimsoll.instrument.redis import RedisMetrics
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import HttpMetrics
from plimsoll.instrument.requests.web_vitals import WebVitals

METRICS = "<!-- the table of metrics -->"
OF_THE_KIT = "<!-- the table of the kit's metrics -->"


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - as MkDocs calls it
    """Put the tables in their places."""
    for mark, shapes in ((METRICS, of_natalis), (OF_THE_KIT, of_the_kit)):
        if mark in markdown:
            markdown = markdown.replace(mark, "\n".join(_table(shapes())))
    return markdown


def of_the_kit() -> list[Shape]:
    """Register everything that `plimsoll.instrument` has."""
    registry = Registry()
    for make in (
        *(
            HttpMetrics,
            LoopLag,
            DatabaseMetrics,
            RedisMetrics,
            CacheMetrics,
            QueueMetrics,
            MessageMetrics,
            EmailMetrics,
        ),
        *(business.active_users, business.satisfaction, business.completion, business.Connections),
    ):
        make(registry)
    business.accuracy(registry, lambda: 1.0)
    WebVitals(registry, pages=())
    Cost(registry, Prices())
    watch_process(registry, service="", version="")
    return sorted(registry.shapes(), key=lambda shape: shape.name)


def of_natalis() -> list[Shape]:
    """Register what `natalis up` registers."""
    registry = Registry()
    Metrics(registry)
    Cost(registry, Prices())
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
