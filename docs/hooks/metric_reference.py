"""The table of metrics: every family that a running process registers, with its labels and buckets."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.registry import Collector

from natalis.telemetry.metrics import Metrics
from plimsoll.instrument.asgi import HttpMetrics
from plimsoll.instrument.database import DatabaseMetrics
from plimsoll.instrument.process import LoopLag, watch_process
from plimsoll.instrument.registry import Family, Registry

METRICS = "<!-- the table of metrics -->"


@dataclass(frozen=True, slots=True)
class Entry:
    """One family of metrics."""

    name: str
    kind: str
    labels: Sequence[str]
    explained: str


class _Listing(Registry):
    """A registry that also writes down what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def counter(self, name: str, explained: str, *labels: str) -> Family[Counter]:
        self.entries.append(Entry(name, "counter", labels, explained))
        return super().counter(name, explained, *labels)

    def gauge(self, name: str, explained: str, *labels: str) -> Family[Gauge]:
        self.entries.append(Entry(name, "gauge", labels, explained))
        return super().gauge(name, explained, *labels)

    def histogram(self, name: str, explained: str, *labels: str, buckets: Sequence[float]) -> Family[Histogram]:
        bounds = f"{explained} Buckets: {', '.join(f'{bound:g}' for bound in buckets)}."
        self.entries.append(Entry(name, "histogram", labels, bounds))
        return super().histogram(name, explained, *labels, buckets=buckets)

    def level(self, name: str, explained: str, read: Callable[[], float]) -> None:
        self.entries.append(Entry(name, "gauge", (), explained))
        super().level(name, explained, read)

    def add(self, collector: Collector) -> None:
        for family in collector.collect():
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = sorted({label for sample in family.samples for label in sample.labels})
            self.entries.append(Entry(name, family.type, labels, family.documentation))
        super().add(collector)


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - as MkDocs calls it
    """Put the table in its place."""
    return markdown.replace(METRICS, "\n".join(_table(_entries()))) if METRICS in markdown else markdown


def _entries() -> list[Entry]:
    """Register what `natalis up` registers."""
    listing = _Listing()
    Metrics(listing)
    DatabaseMetrics(listing)
    HttpMetrics(listing)
    LoopLag(listing)
    watch_process(listing, service="natalis", version="")
    return sorted(listing.entries, key=lambda entry: entry.name)


def _table(entries: Sequence[Entry]) -> Iterator[str]:
    yield "| metric | type | labels | meaning |"
    yield "|---|---|---|---|"
    for entry in entries:
        labels = ", ".join(f"`{label}`" for label in entry.labels)
        yield f"| `{entry.name}` | {entry.kind} | {labels} | {entry.explained} |"
