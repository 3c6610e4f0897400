"""Every measure has the value that it says it has when it is fed, is absent where nothing is, and weighs by traffic.

All queries are evaluated by promtool, in one run for the module: a query that only looks right is the usual case.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from natalis.testing.servers import programs
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

SCRAPE = 15
"""Seconds between two values of a series."""
LASTS = 3 * 3600
"""Seconds of each case."""
WINDOW = "5m"
ABSENT = math.nan
"""What is expected where a query must find nothing."""
VALUES = {
    Unit.SECONDS: 0.3,
    Unit.SHARE: 0.25,
    Unit.PER_SECOND: 20.0,
    Unit.BYTES: 64e6,
    Unit.NUMBER: 7.0,
}


@dataclass(frozen=True, slots=True)
class Case:
    """Series, and what a query must give with them two hours later: a value, or nothing."""

    name: str
    series: tuple[tuple[str, str], ...]
    query: str
    value: float
    at: str = "2h"

    @property
    def asked(self) -> str:
        """The query as promtool is asked it: it compares exactly, and sums of fractions are not exact."""
        if math.isnan(self.value):
            return self.query
        return f"abs(({self.query}) - {self.value!r}) <= bool {1e-9 + 1e-6 * abs(self.value)!r}"

    def written(self) -> dict[str, Any]:
        samples = [] if math.isnan(self.value) else [{"labels": "{}", "value": 1}]
        return {
            "interval": f"{SCRAPE}s",
            "input_series": [{"series": name, "values": values} for name, values in self.series],
            "promql_expr_test": [{"expr": self.asked, "eval_time": self.at, "exp_samples": samples}],
        }

    def is_refuted(self, said: str) -> bool:
        """Whether promtool, which knows no names of cases, says that this query gave something else."""
        return f"expr: {json.dumps(self.asked)}, time: {self.at}" in said


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
        yield Case(f"value of {name}", grown(measure.fed(expected)), measure.value(WINDOW), expected)
    for name, measure, value in eventful([*ALL, *OWN]):
        fed = grown(measure.fed_share(0.125, value))
        yield Case(f"bad of {name}", fed, f"({measure.bad(WINDOW, value)}) / {measure.total(WINDOW)}", 0.125)
        yield Case(f"total of {name}", fed, f"{measure.total(WINDOW)}", TRAFFIC)
        none = grown(measure.fed_share(0, value))
        yield Case(f"none bad of {name}", none, measure.bad(WINDOW, value), 0)


def of_nothing() -> Iterator[Case]:
    """Neither a series that is not there nor one that does not move gives NaN, or an event."""
    for name, measure, value in [*ALL, *OWN]:
        if isinstance(measure, Up):
            yield Case(f"no target of {name}", (), measure.value(WINDOW), 0)
            continue
        yield Case(f"nothing there of {name}", (), measure.value(WINDOW), ABSENT)
        if isinstance(measure, Ratio | Quantile | Mean):
            yield Case(f"no traffic of {name}", still(measure.fed(value)), measure.value(WINDOW), ABSENT)
        if isinstance(measure, Part):
            yield Case(f"no whole of {name}", still(measure.fed(value)), measure.value(WINDOW), ABSENT)
        if isinstance(measure, Eventful):
            idle = f"({measure.bad(WINDOW, value)}) > 0"
            yield Case(f"nothing bad without traffic of {name}", still(measure.fed(value)), idle, ABSENT)


def of_counters_to_come() -> Iterator[Case]:
    """A counter of bad events that no event has made yet counts as 0, and so does one of good events."""
    all_, steps = f"0+{10 * SCRAPE}x{LASTS // SCRAPE}", LASTS // SCRAPE
    errors = Ratio(selector_of('seen_total{status=~"5.."}'), (selector_of("seen_total"),))
    apart = Ratio(selector_of("failed_total"), (selector_of("seen_total"),))
    hits = Ratio(selector_of("hit_total"), (selector_of("hit_total"), selector_of("miss_total")), some_are_good=True)
    yield Case("no error yet", (('seen_total{status="200"}', all_),), errors.value(WINDOW), 0)
    yield Case("no failure yet", (("seen_total", all_),), apart.value(WINDOW), 0)
    yield Case("no hit yet", (("miss_total", all_),), hits.value(WINDOW), 0)
    yield Case("no miss yet", (("hit_total", all_),), hits.value(WINDOW), 1)
    yield Case("nothing but errors", (('seen_total{status="503"}', all_),), errors.value(WINDOW), 1)
    slow = Quantile(selector_of("took_seconds"), 0.95)
    buckets = (('took_seconds_bucket{le="+Inf"}', all_), ("took_seconds_count", all_))
    yield Case("no event within the bound", buckets, f"{slow.bad(WINDOW, 0.3)} - {slow.total(WINDOW)}", 0)
    yield Case(
        "nothing done yet", (("depth", f"5x{steps}"),), Stalled(selector_of("depth"), selector_of("d")).value("5m"), 5
    )
    yield Case(
        "nothing waits", (("depth", f"0x{steps}"),), Stalled(selector_of("depth"), selector_of("d")).value("5m"), 0
    )


def of_appearing_counters() -> Iterator[Case]:
    """`increase` does not see a counter appear; this measure does, unless only the watching began."""
    missed, here = Increase(selector_of("missed_total"), 3600), '{job="a",instance="b"}'
    steps = LASTS // SCRAPE
    before = 7000 // SCRAPE  # the first event comes shortly before two hours are over
    series = (f"missed_total{here}", f"_x{before} 3x{steps - before}")
    up = (f"up{here}", f"1x{steps}")
    yield Case("a counter that appears at 3", (series, up), missed.value(WINDOW), 3)
    yield Case("an hour later it is over", (series, up), missed.value(WINDOW), 0, at="2h59m")
    grows = (f"missed_total{here}", f"_x{before} 3x10 5x{steps - before - 11}")
    yield Case("a counter that appears and grows", (grows, up), missed.value(WINDOW), 5)
    late = (f"up{here}", f"_x{before} 1x{steps - before}")
    yield Case("a target that is seen for the first time", (series, late), missed.value(WINDOW), 0)
    failed = (f"up{here}", f"1x{before - 9} 0x9 1x{steps - before}")
    gap = (f"missed_total{here}", f"3x{before - 9} _x10 3x{steps - before}")
    yield Case("a scrape that failed", (gap, failed), missed.value(WINDOW), 0)
    new = (f"up{here}", f"_x{before - 99} 1x89 0x9 1x{steps - before}")
    known = (f"missed_total{here}", f"_x{before - 99} 3x89 _x10 3x{steps - before}")
    yield Case("a scrape of a new target that failed", (known, new), missed.value(WINDOW), 0)
    restarted = (f"missed_total{here}", f"3x{before - 99} 5x50 _x40 1x{steps - before}")
    yield Case("a counter that grows, ends, and appears again", (restarted, up), missed.value(WINDOW), 3)
    both = (*((f'missed_total{{job="a",instance="b",kind="{kind}"}}', series[1]) for kind in "xy"), up)
    yield Case("two kinds appear", both, missed.value(WINDOW), 6)


def of_weights() -> Iterator[Case]:
    """Sums come before divisions: an instance that answers three requests does not weigh as much as a busy one."""
    steps = LASTS // SCRAPE
    errors = Ratio(selector_of('seen_total{status=~"5.."}'), (selector_of("seen_total"),))
    busy = ('seen_total{instance="busy",status="200"}', f"0+{99 * SCRAPE}x{steps}")
    idle = ('seen_total{instance="idle",status="500"}', f"0+{1 * SCRAPE}x{steps}")
    yield Case("errors of two instances", (busy, idle), errors.value(WINDOW), 0.01)
    mean = Mean(selector_of("took_seconds"))
    series = (
        ('took_seconds_sum{instance="busy"}', f"0+{SCRAPE * 99 * 0.1!r}x{steps}"),
        ('took_seconds_count{instance="busy"}', f"0+{99 * SCRAPE}x{steps}"),
        ('took_seconds_sum{instance="idle"}', f"0+{SCRAPE * 10.1!r}x{steps}"),
        ('took_seconds_count{instance="idle"}', f"0+{SCRAPE}x{steps}"),
    )
    yield Case("mean of two instances", series, mean.value(WINDOW), 0.2)
    yield Case("mean of the worse instance", series, Mean(selector_of("took_seconds"), ("instance",)).value("5m"), 10.1)
    level = (('depth{instance="a"}', f"3x{steps}"), ('depth{instance="b"}', " ".join(["NaN"] * steps)))
    for take, value in ((Take.MAX, 3), (Take.MIN, 3), (Take.SUM, 3), (Take.AVG, 3)):
        yield Case(f"{take} beside what is no number", level, Level(selector_of("depth"), take).value("5m"), value)
    yield Case("a level above another", (level[0],), Level(selector_of("depth"), above=3).value("5m"), ABSENT)
    processors = tuple(
        (f'cpu{{instance="a",cpu="{cpu}"}}', f"0+{SCRAPE * share!r}x{steps}") for cpu, share in ((0, 0.5), (1, 0.7))
    )
    yield Case("two processors", processors, Busy(selector_of("cpu")).value("5m"), 0.4)
    machines = (*processors, ('cpu{instance="b",cpu="0"}', f"0+{SCRAPE * 0.9!r}x{steps}"))
    yield Case("the busier of two machines", machines, Busy(selector_of("cpu")).value("5m"), 0.4)
    ups = (('up{instance="a"}', f"1x{steps}"), ('up{instance="b"}', f"0x{steps}"))
    yield Case("one of two is down", ups, Up(selector_of("up")).value("5m"), 0)
    groups = (('used{instance="a",kind="x"}', f"1x{steps}"), ('used{instance="a",kind="y"}', f"2x{steps}"),
              ('used{instance="b",kind="x"}', f"1x{steps}"),
              ('most{instance="a"}', f"10x{steps}"), ('most{instance="b"}', f"10x{steps}"))  # fmt: skip
    yield Case("the fullest of two", groups, Part(selector_of("used"), selector_of("most")).value("5m"), 0.3)
    waits = ('depth{instance="a"}', f"5x{steps}"), ('depth{instance="b"}', f"5x{steps}")
    done = ("done_total", f"0+15x{steps}")
    stalled = Stalled(selector_of("depth"), selector_of("done_total"))
    yield Case("one works, both report", (*waits, done), stalled.value("5m"), 0)
    put_off = ('done_total{status="retrying"}', f"0+15x{steps}")
    ended = Stalled(selector_of("depth"), selector_of('done_total{status!="retrying"}'))
    yield Case("all is tried again for ever", (*waits, put_off), ended.value("5m"), 5)
    yield Case("one is done with among them", (*waits, put_off, done), ended.value("5m"), 0)
    yield Case("nobody works, both report", (*waits, ("done_total", f"9x{steps}")), stalled.value("5m"), 5)
    go = (
        ('took_seconds_bucket{le="1"}', f"0+{9 * SCRAPE}x{steps}"),
        ("took_seconds_count", f"0+{10 * SCRAPE}x{steps}"),
    )
    yield Case("a bucket as Go writes it", go, Quantile(selector_of("took_seconds"), 0.95).bad("5m", 1.0), 1)


CASES = [*of_values(), *of_nothing(), *of_counters_to_come(), *of_appearing_counters(), *of_weights()]


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    """What promtool says of all cases."""
    file: Path = tmp_path_factory.mktemp("promtool") / "measures.yaml"
    tests = {"evaluation_interval": f"{SCRAPE}s", "tests": [case.written() for case in CASES]}
    file.write_text(yaml.safe_dump(tests, sort_keys=False, width=10_000), encoding="utf-8")
    done = subprocess.run(
        [programs.find("promtool"), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]

    assert len(names) == len(set(names)) > 150


def test_promtool_understands_every_case(verdict: tuple[int, str]) -> None:
    code, said = verdict

    assert code == 0 or any(case.is_refuted(said) for case in CASES), said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_query_gives_what_its_measure_says(case: Case, verdict: tuple[int, str]) -> None:
    _, said = verdict

    assert not case.is_refuted(said), said


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
