"""Every measure has the value that it says it has when it is fed, and is absent where nothing is.

All queries are evaluated by promtool, in one run for the module: a query that only looks right is the usual case.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from plimsoll.budget.dialects import DIALECTS
from plimsoll.budget.file.amounts import Unit
from plimsoll.budget.file.model import Endpoint
from plimsoll.budget.indicators import INDICATORS
from plimsoll.budget.measures import (
    Busy,
    Eventful,
    Fed,
    Increase,
    Level,
    Mean,
    Measure,
    Part,
    Quantile,
    Rate,
    Ratio,
    Stalled,
    Take,
    Up,
)
from plimsoll.budget.measures.contract import TRAFFIC
from plimsoll.budget.promql import Matcher, matchers_of, selector_of
from plimsoll.budget.sight import Sight, Unseen
from plimsoll.budget.sources import Source

SCRAPE: Final = 15
"""Seconds between two values of a series."""
LASTS: Final = 3 * 3600
"""Seconds of each case."""
WINDOW: Final = "5m"
ABSENT: Final = math.nan
"""What is expected where a query must find nothing."""
VALUES = {
    Unit.SECONDS: 0.3,
    Unit.SHARE: 0.25,
    Unit.PER_SECOND: 20.0,
    Unit.BYTES: 64e6,
    Unit.NUMBER: 7.0,
}


Case: TypeAlias = tuple[str, tuple[tuple[str, str], ...], str, float]
"""Its name, the series, the query, and the value two hours later."""


def grown(fed: Iterable[Fed]) -> tuple[tuple[str, str], ...]:
    steps = LASTS // SCRAPE
    each = {one.series: f"{one.start!r}+{one.per_second * SCRAPE!r}x{steps}" for one in fed}
    return tuple(each.items())


def still(fed: Iterable[Fed]) -> tuple[tuple[str, str], ...]:
    """The same series, of which none moves from 0."""
    return tuple({each.series: f"0x{LASTS // SCRAPE}" for each in fed}.items())


def sights() -> Iterator[tuple[str, Sight]]:
    sources = {source: matchers_of(f'job=~"{source.value}-.*"') for source in Source}
    for name, dialect in DIALECTS.items():
        sight = Sight(dialect, sources)
        yield name, sight
        yield f"{name}, one endpoint", sight.at(Endpoint("pay", "/pay/{id}", "POST"))


def measures() -> Iterator[tuple[str, Measure, float]]:
    """Yield every measure of the catalogue that some dialect can see, once each, and a value for it."""
    seen: set[Measure] = set()
    for dialect, sight in sights():
        for indicator in INDICATORS.values():
            try:
                measure = indicator.live(sight) if indicator.live else None
            except Unseen:
                continue
            if measure is not None and measure not in seen:
                seen.add(measure)
                yield f"{indicator.name} ({dialect})", measure, VALUES[indicator.unit]


ALL = list(measures())
OWN: list[tuple[str, Measure, float]] = [
    ("some of two counters", Ratio(selector_of("bad_total"), (selector_of("a_total"), selector_of("b_total"))), 0.2),
    (
        "some of one of two counters",
        Ratio(selector_of('a_total{kind="x"}'), (selector_of("a_total"), selector_of("b_total"))),
        0.2,
    ),
    ("good of a counter", Ratio(selector_of('a_total{ok="1"}'), (selector_of("a_total"),), some_are_good=True), 0.9),
    ("median", Quantile(selector_of("took_seconds"), 0.5), 2.0),
    ("mean of the worst", Mean(selector_of("took_seconds"), ("table",)), 2.0),
    ("sum", Level(selector_of("waiting"), Take.SUM), 12.0),
    ("least", Level(selector_of("waiting"), Take.MIN), 12.0),
    ("part", Part(selector_of("used"), selector_of("there"), ("pool",)), 0.75),
    ("rest", Part(selector_of("free"), selector_of("there"), rest=True), 0.75),
    ("rate", Rate(selector_of('a_total{kind=~"x|y"}')), 3.0),
    ("increase", Increase(selector_of("a_total"), 3600), 36.0),
    ("down", Up(selector_of('up{job="x"}')), 0.0),
    ("stalled", Stalled(selector_of("waiting"), selector_of("done_total")), 40.0),
    ("not stalled", Stalled(selector_of("waiting"), selector_of("done_total")), 0.0),
    ("stalled while all is put off", Stalled(selector_of("waiting"), selector_of('done_total{as!="later"}')), 40.0),
    ("busy", Busy(selector_of('cpu_seconds_total{mode="idle"}')), 0.85),
]


def eventful(given: Iterable[tuple[str, Measure, float]]) -> Iterator[tuple[str, Eventful, float]]:
    for name, measure, value in given:
        if isinstance(measure, Eventful):
            yield name, measure, value


def of_values() -> Iterator[Case]:
    for name, measure, value in [*ALL, *OWN]:
        expected = min(value, 1.0) if isinstance(measure, Up) else value
        yield (f"value of {name}", grown(measure.fed(expected)), measure.value(WINDOW), expected)
    for name, measure, value in eventful([*ALL, *OWN]):
        fed = grown(measure.fed_share(0.125, value))
        yield (f"bad of {name}", fed, f"({measure.bad(WINDOW, value)}) / {measure.total(WINDOW)}", 0.125)
        yield (f"total of {name}", fed, f"{measure.total(WINDOW)}", TRAFFIC)
        none = grown(measure.fed_share(0, value))
        yield (f"none bad of {name}", none, measure.bad(WINDOW, value), 0)


def of_nothing() -> Iterator[Case]:
    """Neither a series that is not there nor one that does not move gives NaN, or an event."""
    for name, measure, value in [*ALL, *OWN]:
        if isinstance(measure, Up):
            yield (f"no target of {name}", (), measure.value(WINDOW), 0)
            continue
        yield (f"nothing there of {name}", (), measure.value(WINDOW), ABSENT)
        if isinstance(measure, Ratio | Quantile | Mean):
            yield (f"no traffic of {name}", still(measure.fed(value)), measure.value(WINDOW), ABSENT)
        if isinstance(measure, Part):
            yield (f"no whole of {name}", still(measure.fed(value)), measure.value(WINDOW), ABSENT)
        if isinstance(measure, Eventful):
            yield (f"no counter of all of {name}", (), measure.total(WINDOW), ABSENT)
            yield (f"no counter of the bad of {name}", (), measure.bad(WINDOW, value), ABSENT)
            yield (f"counters that stand still of {name}", still(measure.fed(value)), measure.total(WINDOW), 0)
            idle = f"({measure.bad(WINDOW, value)}) > 0"
            yield (f"nothing bad without traffic of {name}", still(measure.fed(value)), idle, ABSENT)


def of_notations() -> Iterator[Case]:
    """Libraries write a bound in two ways."""
    steps = LASTS // SCRAPE
    go = (
        ('took_seconds_bucket{le="1"}', f"0+{9 * SCRAPE}x{steps}"),
        ("took_seconds_count", f"0+{10 * SCRAPE}x{steps}"),
    )
    yield ("a bucket as Go writes it", go, Quantile(selector_of("took_seconds"), 0.95).bad("5m", 1.0), 1)


CASES: Final = [*of_values(), *of_nothing(), *of_notations()]


def test_a_query_gives_what_its_measure_says(refutation: str | None) -> None:
    assert refutation is None


def test_every_indicator_that_prometheus_sees_is_tried() -> None:
    tried = {measure for _, measure, _ in ALL}
    _, sight = next(sights())

    assert {each.live(sight) for each in INDICATORS.values() if each.live is not None} <= tried
    assert {type(measure) for _, measure, _ in [*ALL, *OWN]} == {
        Busy, Increase, Level, Mean, Part, Quantile, Rate, Ratio, Stalled, Up
    }  # fmt: skip


def test_what_a_measure_is_fed_is_what_it_reads() -> None:
    for name, measure, value in [*ALL, *OWN]:
        names = {selector.name for selector in measure.reads()}
        assert {each.series.partition("{")[0] for each in measure.fed(value)} <= names, name


def test_a_status_class_is_matched_as_its_dialect_writes_it() -> None:
    queries = {dialect: sight.status("5") for dialect, sight in sights() if DIALECTS[dialect.split(",")[0]].status}

    assert queries["plimsoll"] == Matcher("status_code", "=~", "5..")
    assert queries["opentelemetry"] == Matcher("http_response_status_code", "=~", "5..")
    assert queries["fastapi-instrumentator"] == Matcher("status", "=", "5xx")
