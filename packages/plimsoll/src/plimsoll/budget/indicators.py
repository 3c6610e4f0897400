"""What a service can promise: each indicator with its unit, the direction that is good, and how a load test sees it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from plimsoll.budget.amounts import Unit
from plimsoll.measure import names


class Good(StrEnum):
    """On which side of its bound an indicator is kept."""

    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Indicator:
    """Something that can be promised.

    Attributes:
        name: As the budget file calls it.
        unit: What its bounds count.
        good: On which side of them it is kept.
        load: The metric and aggregation by which a load test judges it, in k6's words; None where none sees it.
        load_factor: From the base of its unit to that metric's: milliseconds for times.
    """

    name: str
    unit: Unit
    good: Good = Good.BELOW
    load: tuple[str, str] | None = None
    load_factor: float = 1.0


def _latency(name: str, aggregation: str) -> Indicator:
    return Indicator(name, Unit.SECONDS, load=(names.HTTP_REQ_LATENCY.name, aggregation), load_factor=1000)


def _share_of_errors(name: str, tags: str = "") -> Indicator:
    return Indicator(name, Unit.SHARE, load=(names.HTTP_REQ_FAILED.name + tags, "rate"))


_ALL: Final = (
    _latency("latency avg", "avg"),
    _latency("latency p50", "p(50)"),
    _latency("latency p90", "p(90)"),
    _latency("latency p95", "p(95)"),
    _latency("latency p99", "p(99)"),
    _latency("latency p99.9", "p(99.9)"),
    _latency("latency max", "max"),
    _share_of_errors("errors"),
    Indicator("errors 4xx", Unit.SHARE),
    Indicator("errors 5xx", Unit.SHARE),
    Indicator("errors timeout", Unit.SHARE),
    Indicator("throughput", Unit.PER_SECOND, Good.ABOVE, (names.HTTP_REQS.name, "rate")),
    Indicator("concurrent users", Unit.NUMBER, Good.ABOVE, (names.VUS.name, "max")),
    Indicator("checks", Unit.SHARE, Good.ABOVE, (names.CHECKS.name, "rate")),
    Indicator("availability", Unit.SHARE, Good.ABOVE),
    Indicator("query p95", Unit.SECONDS),
    Indicator("pool use", Unit.SHARE),
    Indicator("database cache hits", Unit.SHARE, Good.ABOVE),
    Indicator("cache hits", Unit.SHARE, Good.ABOVE),
    Indicator("cpu", Unit.SHARE),
    Indicator("memory", Unit.SHARE),
    Indicator("memory per instance", Unit.BYTES),
    Indicator("queue lag", Unit.SECONDS),
    Indicator("queue depth", Unit.NUMBER),
    Indicator("queue rate", Unit.PER_SECOND, Good.ABOVE),
    Indicator("batch per 1,000", Unit.SECONDS),
    Indicator("satisfaction", Unit.NUMBER, Good.ABOVE),
    Indicator("completion", Unit.SHARE, Good.ABOVE),
    Indicator("accuracy", Unit.SHARE, Good.ABOVE),
)
INDICATORS: Final = {indicator.name: indicator for indicator in _ALL}
