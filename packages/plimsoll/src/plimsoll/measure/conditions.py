"""Conditions in k6's words: `p(95)<500`, and what they are about: `http_req_duration{name:create,status:201}`.

Source: k6's documentation, "Thresholds", and the grammar it gives. More than k6: a trend has a `count`, a gauge `min`
and `max`, a rate `passes` and `fails`. Beware of k6's words: *passes* of `http_req_failed` are requests that failed.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from plimsoll.errors import InvalidInput
from plimsoll.measure.recording import Kind, Metric, Tags
from plimsoll.measure.tallies import Counter, Gauge, Rate, Tally, Trend

_COMPARED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
}
_CONDITION: Final = re.compile(
    r"\s*(?P<what>[A-Za-z_]+|p\(\s*(?P<percent>\d+(?:\.\d+)?)\s*\))\s*"
    r"(?P<operator>===|==|!=|<=|>=|<|>)\s*(?P<bound>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*"
)
AGGREGATIONS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.COUNTER: ("count", "rate"),
    Kind.GAUGE: ("value", "min", "max"),
    Kind.RATE: ("rate", "passes", "fails"),
    Kind.TREND: ("avg", "min", "max", "med", "count", "p(N)"),
}
"""What can be asked of each kind of metric; `p(N)` stands for a percentile from 0 to 100, such as `p(99.9)`."""
IN_EVERY: Final = " in every "
"""What stands between a condition and the length of the window it is for."""
_WORDS: Final = sorted({word for words in AGGREGATIONS.values() for word in words if word != "p(N)"})


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric, cut down by tags.

    Attributes:
        metric: Its name.
        tags: What a series must have, by name, to be counted.
    """

    metric: str
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """What shall be so of a figure.

    Attributes:
        figure: Which, for example `avg` or `p(95)`.
        percent: Of a percentile; None for any other figure.
        operator: One of `<`, `<=`, `>`, `>=`, `==`, `===`, `!=`.
        bound: In the metric's units: milliseconds for a time, bytes for data, 0 to 1 for a rate.
    """

    figure: str
    percent: float | None
    operator: str
    bound: float

    def holds(self, actual: float) -> bool:
        """Whether it is so."""
        return _COMPARED[self.operator](actual, self.bound)

    def worse(self, first: float, second: float) -> float:
        """Return which of two figures is further on the wrong side."""
        if self.operator in {"<", "<="}:
            return max(first, second)
        if self.operator in {">", ">="}:
            return min(first, second)
        return first if not self.holds(first) else second


def selector_of(text: str) -> Selector:
    """Read `metric` or `metric{tag:value,tag:value}`; values may be quoted, and hold colons and braces.

    Raises:
        InvalidInput: It is neither.
    """
    name, opened, rest = text.strip().partition("{")
    name = name.strip()
    if not name or bool(opened) != rest.endswith("}") or (not opened and "}" in name):
        raise _no_selector(text)
    if not opened:
        return Selector(name)
    return Selector(name, tuple(sorted(_tag(pair, text) for pair in _pairs(rest[:-1]))))


def condition_of(text: str, where: str) -> Condition:
    """Read a condition such as `p(95)<500`.

    Args:
        text: As it was written.
        where: What to call it in an error.

    Raises:
        InvalidInput: It is none.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise InvalidInput(where, f"{text!r} is no condition", "write figure, operator and bound, such as p(95)<500")
    percent = float(found["percent"]) if found["percent"] else None
    if percent is not None and percent > 100:  # noqa: PLR2004 - of a hundred
        raise InvalidInput(where, f"{found['what']} is no percentile", "give one from p(0) to p(100)")
    if percent is None and found["what"] not in _WORDS:
        raise InvalidInput(where, f"there is no figure {found['what']!r}", _nearest(found["what"], _WORDS))
    figure = found["what"] if percent is None else f"p({percent:g})"
    return Condition(figure, percent, found["operator"], float(found["bound"]))


def condition_in(said: str, where: str) -> Condition:
    """Read a condition as reports say it: one of a window with its length behind it, `p(95)<500 in every 30s`.

    Raises:
        InvalidInput: It is none.
    """
    return condition_of(said.partition(IN_EVERY)[0], where)


def check_kind(condition: Condition, metric: Metric, where: str) -> None:
    """Refuse a condition on a figure that a metric of this kind does not have.

    Raises:
        InvalidInput: It does not.
    """
    if not has_figure(condition, metric.kind):
        known = AGGREGATIONS[metric.kind]
        remedy = f"a {metric.kind} has {', '.join(known)}"
        raise InvalidInput(where, f"{metric.name} is a {metric.kind} and has no {condition.figure}", remedy)


def has_figure(condition: Condition, kind: Kind) -> bool:
    """Whether a metric of this kind has the figure a condition asks for."""
    return ("p(N)" if condition.percent is not None else condition.figure) in AGGREGATIONS[kind]


def nearest_metric(name: str, known: Mapping[str, Metric]) -> InvalidInput:
    """Return the error for a metric that nothing records."""
    return InvalidInput(f"thresholds.{name}", f"there is no metric {name!r}", _nearest(name, list(known)))


def figure_of(tally: Tally, condition: Condition, seconds: float) -> float | None:
    """Return the figure that a condition asks for, in the metric's units.

    Args:
        tally: What was recorded.
        condition: What is asked.
        seconds: How long it was recorded for, which is what a counter's rate is by.

    Returns:
        None where nothing was recorded, or the metric has no such figure.
    """
    match tally:
        case Trend() if tally.histogram.count:
            return _of_trend(tally, condition)
        case Counter():
            return {"count": tally.value, "rate": tally.value / seconds if seconds > 0 else 0.0}.get(condition.figure)
        case Gauge():
            return {"value": tally.value, "min": tally.low, "max": tally.high}.get(condition.figure)
        case Rate() if tally.count:
            shares = {"rate": tally.share, "passes": tally.hits, "fails": tally.count - tally.hits}
            return shares.get(condition.figure)
        case _:
            return None


def _of_trend(trend: Trend, condition: Condition) -> float | None:
    if condition.percent is not None:
        return trend.percentile(condition.percent)
    match condition.figure:
        case "avg":
            return trend.mean
        case "count":
            return float(trend.histogram.count)
        case "min" | "med" | "max":
            return trend.percentile({"min": 0.0, "med": 50.0, "max": 100.0}[condition.figure])
        case _:
            return None


def _pairs(text: str) -> list[str]:
    """Divide at commas that are in no quotes."""
    return [pair for pair in re.findall(r"""(?:[^,"']|"[^"]*"|'[^']*'|["'])+""", text) if pair.strip()]


def _tag(pair: str, text: str) -> tuple[str, str]:
    name, colon, value = pair.partition(":")
    if not colon or not name.strip(" \"'"):
        raise _no_selector(text)
    return name.strip(" \"'"), value.strip().strip("\"'")


def _no_selector(text: str) -> InvalidInput:
    remedy = "write http_req_duration, or http_req_duration{name:create,status:201}"
    return InvalidInput(f"thresholds.{text}", f"{text!r} names no metric", remedy)


def _nearest(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
