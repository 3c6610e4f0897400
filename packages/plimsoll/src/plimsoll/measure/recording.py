"""What was recorded: a tally for each metric and set of tags, merged exactly, cut down by tags when it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from plimsoll.errors import InvalidInput
from plimsoll.measure.tallies import PLAIN_SCALE, TIME_SCALE, Counter, Gauge, Rate, Tally, Trend

Tags = tuple[tuple[str, str], ...]
"""Names and values, in the order of the names."""


class Kind(StrEnum):
    """The kinds of metric, in k6's words."""

    COUNTER = "counter"
    GAUGE = "gauge"
    RATE = "rate"
    TREND = "trend"


class Contains(StrEnum):
    """What a metric's numbers are, in k6's words; times are milliseconds, data are bytes."""

    DEFAULT = "default"
    TIME = "time"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is.

    Attributes:
        name: For example `http_req_duration`.
        kind: How its values add up.
        contains: What they are.
    """

    name: str
    kind: Kind
    contains: Contains = Contains.DEFAULT

    def tally(self) -> Tally:
        """Return an empty tally of it."""
        match self.kind:
            case Kind.COUNTER:
                return Counter()
            case Kind.GAUGE:
                return Gauge()
            case Kind.RATE:
                return Rate()
            case Kind.TREND:
                return Trend(scale=TIME_SCALE if self.contains is Contains.TIME else PLAIN_SCALE)


def tags(**named: str) -> Tags:
    """Return tags in their order."""
    return tuple(sorted(named.items()))


@dataclass(slots=True)
class Recording:
    """Tallies by metric and tags.

    Attributes:
        metrics: What each recorded metric is, by name.
        series: The tallies, by metric's name and tags.
    """

    metrics: dict[str, Metric] = field(default_factory=dict)
    series: dict[tuple[str, Tags], Tally] = field(default_factory=dict)

    def tally(self, metric: Metric, tags: Tags = ()) -> Tally:
        """Return the tally to add to; it is made where there is none.

        Raises:
            InvalidInput: A metric of this name and another kind was recorded.
        """
        known = self.metrics.setdefault(metric.name, metric)
        if known != metric:
            problem = f"it is a {known.kind} of {known.contains} and a {metric.kind} of {metric.contains}"
            raise InvalidInput(f"metric {metric.name}", problem, "give one of the two another name")
        key = (metric.name, tags)
        if (tally := self.series.get(key)) is None:
            tally = self.series[key] = metric.tally()
        return tally

    def merge(self, other: Recording) -> None:
        """Add what another recorded.

        Raises:
            InvalidInput: A metric is of another kind there.
        """
        for (name, tags), theirs in other.series.items():
            merge_tally(self.tally(other.metrics[name], tags), theirs)

    def select(self, name: str, having: Mapping[str, str] | None = None) -> Tally | None:
        """Return a metric's tally over all series that have these tags; None where nothing was recorded so."""
        if name not in self.metrics:
            return None
        chosen = [tally for tags, tally in self.of(name) if _has(tags, having or {})]
        if not chosen:
            return None
        whole = self.metrics[name].tally()
        for tally in chosen:
            merge_tally(whole, tally)
        return whole

    def of(self, name: str) -> Iterator[tuple[Tags, Tally]]:
        """Yield tags and tally of each series of a metric."""
        for (metric, tags), tally in self.series.items():
            if metric == name:
                yield tags, tally

    def values_of(self, name: str, tag: str) -> list[str]:
        """Return which values a tag has among the series of a metric, in order."""
        return sorted({value for tags, _ in self.of(name) for key, value in tags if key == tag})


def _has(tags: Tags, wanted: Mapping[str, str]) -> bool:
    return not wanted or wanted.items() <= dict(tags).items()


def merge_tally(into: Tally, other: Tally) -> None:
    """Add one tally to another of its kind.

    Raises:
        TypeError: It is of another kind.
    """
    match into, other:
        case (Counter(), Counter()):
            into.merge(other)
        case (Gauge(), Gauge()):
            into.merge(other)
        case (Rate(), Rate()):
            into.merge(other)
        case (Trend(), Trend()):
            into.merge(other)
        case _:
            raise TypeError(f"{type(into).__name__} and {type(other).__name__} do not add up")
