"""What is compared between two runs: figures, each with the direction in which it gets worse."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from plimsoll.errors import InvalidInput
from plimsoll.measure import names
from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Counter, Rate, Trend

_HALF = 0.5


class Worse(StrEnum):
    """In which direction a figure gets worse."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a run.

    Attributes:
        metric: For example `http_req_latency`.
        aggregation: `p50`, `p99.9`, `avg` (trends), `rate` (rates: the share; counters: per second).
        having: The tags that select it.
        worse: The direction in which it gets worse.
    """

    metric: str
    aggregation: str
    worse: Worse = Worse.HIGHER
    having: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """For example `http_req_latency{name:create} p95`."""
        tags = ",".join(f"{key}:{value}" for key, value in self.having)
        return f"{self.metric}{{{tags}}} {self.aggregation}" if tags else f"{self.metric} {self.aggregation}"

    @property
    def share(self) -> float | None:
        """Which share of the values a percentile is about, 0 to 1; None for what is no percentile."""
        return _percent(self.aggregation) / 100 if self.aggregation.startswith("p") else None

    def of(self, run: Run) -> float | None:
        """Return it; None where the run holds nothing to make it from.

        Raises:
            InvalidInput: The metric is not of a kind that has this figure.
        """
        match run.recording.select(self.metric, dict(self.having)):
            case Trend() as trend if self.aggregation == "avg":
                return trend.mean
            case Trend() as trend if self.aggregation.startswith("p"):
                return trend.percentile(_percent(self.aggregation))
            case Rate() as rate if self.aggregation == "rate":
                return _smoothed(rate)
            case Counter() as counter if self.aggregation == "rate":
                return counter.value / max(run.lasted.total_seconds(), 1e-9)
            case None:
                return None
            case other:
                kind = type(other).__name__.lower()
                raise InvalidInput(self.name, f"a {kind} has no {self.aggregation}", "see the table of figures")

    def worsening(self, baseline: float, candidate: float) -> float:
        """Return by what factor, as a logarithm, the candidate is worse than the baseline; 0 for the same."""
        if baseline <= 0 or candidate <= 0:
            return 0.0 if baseline == candidate else math.copysign(math.inf, candidate - baseline)
        ratio = math.log(candidate / baseline)
        return ratio if self.worse is Worse.HIGHER else -ratio


STANDARD = (
    Figure(names.HTTP_REQ_LATENCY.name, "p50"),
    Figure(names.HTTP_REQ_LATENCY.name, "p95"),
    Figure(names.HTTP_REQ_LATENCY.name, "p99"),
)
"""What is compared unless something else is asked for: latency from the due instant."""


def parse_figure(text: str) -> Figure:
    """Return the figure that is written `metric[{tag:value,...}] aggregation`, a `-` before it where lower is worse.

    Raises:
        InvalidInput: It is not written so.
    """
    worse = Worse.LOWER if text.startswith("-") else Worse.HIGHER
    metric, _, aggregation = text.removeprefix("-").strip().rpartition(" ")
    name, brace, selector = metric.partition("{")
    if not name or not _is_aggregation(aggregation) or (brace and not selector.endswith("}")):
        raise InvalidInput("figure", f"{text!r} is none", "write it as `http_req_latency{name:create} p95`")
    return Figure(name, aggregation, worse, tuple(sorted(_tags(selector.removesuffix("}"), text).items())))


def _tags(selector: str, text: str) -> Mapping[str, str]:
    pairs = [pair.partition(":") for pair in selector.split(",") if pair]
    if not all(colon for _, colon, _ in pairs):
        raise InvalidInput("figure", f"{text!r} has a tag without a value", "write tags as `{name:create}`")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _is_aggregation(text: str) -> bool:
    if text in {"avg", "rate"}:
        return True
    try:
        return 0 <= _percent(text) <= 100  # noqa: PLR2004 - per cent
    except ValueError:
        return False


def _percent(aggregation: str) -> float:
    if not aggregation.startswith("p"):
        raise ValueError(aggregation)
    return float(aggregation[1:].strip("()"))


def _smoothed(rate: Rate) -> float:
    """Return the share with half an event added, so that none and one can be compared (Haldane and Anscombe)."""
    return (rate.hits + _HALF) / (rate.count + 2 * _HALF)
