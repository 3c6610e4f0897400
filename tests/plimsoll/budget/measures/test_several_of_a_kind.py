"""Where there are several of a kind: sums come before divisions, and of what is not added up the worst counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, TypeAlias

from plimsoll.budget.measures import Busy, Level, Mean, Part, Ratio, Stalled, Take, Up
from plimsoll.budget.promql import selector_of

SCRAPE: Final = 15
"""Seconds between two values of a series."""
LASTS: Final = 3 * 3600
"""Seconds of each case."""
WINDOW: Final = "5m"
ABSENT: Final = math.nan
"""What is expected where a query must find nothing."""
Case: TypeAlias = tuple[str, tuple[tuple[str, str], ...], str, float]
"""Its name, the series, the query, and the value two hours later."""


def of_weights() -> Iterator[Case]:
    """Sums come before divisions: an instance that answers three requests does not weigh as much as a busy one."""
    steps = LASTS // SCRAPE
    errors = Ratio(selector_of('seen_total{status=~"5.."}'), (selector_of("seen_total"),))
    busy = ('seen_total{instance="busy",status="200"}', f"0+{99 * SCRAPE}x{steps}")
    idle = ('seen_total{instance="idle",status="500"}', f"0+{1 * SCRAPE}x{steps}")
    yield ("errors of two instances", (busy, idle), errors.value(WINDOW), 0.01)
    mean = Mean(selector_of("took_seconds"))
    series = (
        ('took_seconds_sum{instance="busy"}', f"0+{SCRAPE * 99 * 0.1!r}x{steps}"),
        ('took_seconds_count{instance="busy"}', f"0+{99 * SCRAPE}x{steps}"),
        ('took_seconds_sum{instance="idle"}', f"0+{SCRAPE * 10.1!r}x{steps}"),
        ('took_seconds_count{instance="idle"}', f"0+{SCRAPE}x{steps}"),
    )
    yield ("mean of two instances", series, mean.value(WINDOW), 0.2)
    yield ("mean of the worse instance", series, Mean(selector_of("took_seconds"), ("instance",)).value("5m"), 10.1)


def of_the_worst() -> Iterator[Case]:
    """Of several gauges the worst counts, and what is no number counts for nothing."""
    steps = LASTS // SCRAPE
    level = (('depth{instance="a"}', f"3x{steps}"), ('depth{instance="b"}', " ".join(["NaN"] * steps)))
    for take, value in ((Take.MAX, 3), (Take.MIN, 3), (Take.SUM, 3), (Take.AVG, 3)):
        yield (f"{take} beside what is no number", level, Level(selector_of("depth"), take).value("5m"), value)
    yield ("a level above another", (level[0],), Level(selector_of("depth"), above=3).value("5m"), ABSENT)
    processors = tuple(
        (f'cpu{{instance="a",cpu="{cpu}"}}', f"0+{SCRAPE * share!r}x{steps}") for cpu, share in ((0, 0.5), (1, 0.7))
    )
    yield ("two processors", processors, Busy(selector_of("cpu")).value("5m"), 0.4)
    machines = (*processors, ('cpu{instance="b",cpu="0"}', f"0+{SCRAPE * 0.9!r}x{steps}"))
    yield ("the busier of two machines", machines, Busy(selector_of("cpu")).value("5m"), 0.4)
    ups = (('up{instance="a"}', f"1x{steps}"), ('up{instance="b"}', f"0x{steps}"))
    yield ("one of two is down", ups, Up(selector_of("up")).value("5m"), 0)
    groups = (('used{instance="a",kind="x"}', f"1x{steps}"), ('used{instance="a",kind="y"}', f"2x{steps}"),
              ('used{instance="b",kind="x"}', f"1x{steps}"),
              ('most{instance="a"}', f"10x{steps}"), ('most{instance="b"}', f"10x{steps}"))  # fmt: skip
    yield ("the fullest of two", groups, Part(selector_of("used"), selector_of("most")).value("5m"), 0.3)


def of_queues() -> Iterator[Case]:
    """Several processes report one queue; it stands still only where none of them gets anything done."""
    steps = LASTS // SCRAPE
    waits = ('depth{instance="a"}', f"5x{steps}"), ('depth{instance="b"}', f"5x{steps}")
    done = ("done_total", f"0+15x{steps}")
    stalled = Stalled(selector_of("depth"), selector_of("done_total"))
    yield ("one works, both report", (*waits, done), stalled.value("5m"), 0)
    put_off = ('done_total{status="retrying"}', f"0+15x{steps}")
    ended = Stalled(selector_of("depth"), selector_of('done_total{status!="retrying"}'))
    yield ("all is tried again for ever", (*waits, put_off), ended.value("5m"), 5)
    yield ("one is done with among them", (*waits, put_off, done), ended.value("5m"), 0)
    yield ("nobody works, both report", (*waits, ("done_total", f"9x{steps}")), stalled.value("5m"), 5)


CASES: Final = [*of_weights(), *of_the_worst(), *of_queues()]


def test_a_query_gives_what_its_measure_says(refutation: str | None) -> None:
    assert refutation is None
