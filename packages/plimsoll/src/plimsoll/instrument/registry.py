"""The metrics of one process: made once, passed on, exposed as Prometheus text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of `Registry.exposition`, as Prometheus' text format defines it."""
OTHER = "other"
"""The label value that stands for every value past a bound."""
LABEL_VALUES = 1_000
"""How many label sets one metric may have before further ones are counted as `OTHER`."""

Child = TypeVar("Child", bound=MetricWrapperBase)


class Family(Generic[Child]):
    """A metric with labels whose cardinality is bounded, and whose children are found without a lock.

    Args:
        metric: The prometheus_client metric.
        limit: How many label sets it may have; every label of a further one reads `other`.
    """

    __slots__ = ("_children", "_limit", "_metric")

    def __init__(self, metric: Child, limit: int = LABEL_VALUES) -> None:
        self._metric = metric
        self._limit = limit
        self._children: dict[tuple[str, ...], Child] = {}

    def at(self, *values: str) -> Child:
        """Return the child of these label values, in the order the labels were declared."""
        child = self._children.get(values)
        return child if child is not None else self._adopt(values)

    def _adopt(self, values: tuple[str, ...]) -> Child:
        if len(self._children) >= self._limit:
            values = (OTHER,) * len(values)
        child = self._children[values] = self._metric.labels(*values) if values else self._metric
        return child


class Registry:
    """All metrics of one process; nothing is global, so that two can live side by side."""

    def __init__(self) -> None:
        self._collectors = CollectorRegistry(auto_describe=True)

    def counter(self, name: str, explained: str, *labels: str) -> Family[Counter]:
        """Make a counter; `name` carries its `_total`."""
        return Family(Counter(name, explained, labels, registry=self._collectors))

    def gauge(self, name: str, explained: str, *labels: str) -> Family[Gauge]:
        """Make a gauge."""
        return Family(Gauge(name, explained, labels, registry=self._collectors))

    def histogram(self, name: str, explained: str, *labels: str, buckets: Sequence[float]) -> Family[Histogram]:
        """Make a histogram; `buckets` are upper bounds in the unit that `name` ends with."""
        return Family(Histogram(name, explained, labels, buckets=buckets, registry=self._collectors))

    def level(self, name: str, explained: str, read: Callable[[], float]) -> None:
        """Make a gauge without labels that is read when scraped."""
        Gauge(name, explained, registry=self._collectors).set_function(read)

    def add(self, collector: Collector) -> None:
        """Take a collector of prometheus_client's own in."""
        self._collectors.register(collector)

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(_Plain(self._collectors))


class _Plain(CollectorRegistry):
    """Leaves out the `_created` series: they double the number of series and no rule of ours reads them."""

    def __init__(self, inner: CollectorRegistry) -> None:
        super().__init__()
        self._inner = inner

    def collect(self) -> Iterator[Metric]:
        for family in self._inner.collect():
            family.samples = [sample for sample in family.samples if not _is_created(family, sample.name)]
            yield family


def _is_created(family: Metric, sample: str) -> bool:
    return family.type in {"counter", "histogram", "summary"} and sample.endswith("_created")
