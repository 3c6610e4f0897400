"""Counters that begin: one that no event has made yet counts as 0, and one that appears has grown from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from plimsoll.budget.measures import Increase, Quantile, Ratio, Stalled
from plimsoll.budget.promql import selector_of

SCRAPE: Final = 15
"""Seconds between two values of a series."""
LASTS: Final = 3 * 3600
"""Seconds of each case."""
WINDOW: Final = "5m"
Case: TypeAlias = (
    tuple[str, tuple[tuple[str, str], ...], str, float] | tuple[str, tuple[tuple[str, str], ...], str, float, str]
)
"""Its name, the series, the query, and the value two hours later, or at another time."""


def of_counters_to_come() -> Iterator[Case]:
    """A counter of bad events that no event has made yet counts as 0, and so does one of good events."""
    all_, steps = f"0+{10 * SCRAPE}x{LASTS // SCRAPE}", LASTS // SCRAPE
    errors = Ratio(selector_of('seen_total{status=~"5.."}'), (selector_of("seen_total"),))
    apart = Ratio(selector_of("failed_total"), (selector_of("seen_total"),))
    hits = Ratio(selector_of("hit_total"), (selector_of("hit_total"), selector_of("miss_total")), some_are_good=True)
    yield ("no error yet", (('seen_total{status="200"}', all_),), errors.value(WINDOW), 0)
    yield ("no failure yet", (("seen_total", all_),), apart.value(WINDOW), 0)
    yield ("no hit yet", (("miss_total", all_),), hits.value(WINDOW), 0)
    yield ("no miss yet", (("hit_total", all_),), hits.value(WINDOW), 1)
    yield ("nothing but errors", (('seen_total{status="503"}', all_),), errors.value(WINDOW), 1)
    slow = Quantile(selector_of("took_seconds"), 0.95)
    buckets = (('took_seconds_bucket{le="+Inf"}', all_), ("took_seconds_count", all_))
    yield ("no event within the bound", buckets, f"{slow.bad(WINDOW, 0.3)} - {slow.total(WINDOW)}", 0)
    yield (
        "nothing done yet",
        (("depth", f"5x{steps}"),),
        Stalled(selector_of("depth"), selector_of("d")).value("5m"),
        5,
    )
    yield ("nothing waits", (("depth", f"0x{steps}"),), Stalled(selector_of("depth"), selector_of("d")).value("5m"), 0)


def of_appearing_counters() -> Iterator[Case]:
    """`increase` does not see a counter appear; this measure does, unless only the watching began."""
    missed, here = Increase(selector_of("missed_total"), 3600), '{job="a",instance="b"}'
    steps = LASTS // SCRAPE
    before = 7000 // SCRAPE  # the first event comes shortly before two hours are over
    series = (f"missed_total{here}", f"_x{before} 3x{steps - before}")
    up = (f"up{here}", f"1x{steps}")
    yield ("a counter that appears at 3", (series, up), missed.value(WINDOW), 3)
    yield ("an hour later it is over", (series, up), missed.value(WINDOW), 0, "2h59m")
    grows = (f"missed_total{here}", f"_x{before} 3x10 5x{steps - before - 11}")
    yield ("a counter that appears and grows", (grows, up), missed.value(WINDOW), 5)
    late = (f"up{here}", f"_x{before} 1x{steps - before}")
    yield ("a target that is seen for the first time", (series, late), missed.value(WINDOW), 0)
    failed = (f"up{here}", f"1x{before - 9} 0x9 1x{steps - before}")
    gap = (f"missed_total{here}", f"3x{before - 9} _x10 3x{steps - before}")
    yield ("a scrape that failed", (gap, failed), missed.value(WINDOW), 0)
    new = (f"up{here}", f"_x{before - 99} 1x89 0x9 1x{steps - before}")
    known = (f"missed_total{here}", f"_x{before - 99} 3x89 _x10 3x{steps - before}")
    yield ("a scrape of a new target that failed", (known, new), missed.value(WINDOW), 0)
    restarted = (f"missed_total{here}", f"3x{before - 99} 5x50 _x40 1x{steps - before}")
    yield ("a counter that grows, ends, and appears again", (restarted, up), missed.value(WINDOW), 3)
    both = (*((f'missed_total{{job="a",instance="b",kind="{kind}"}}', series[1]) for kind in "xy"), up)
    yield ("two kinds appear", both, missed.value(WINDOW), 6)


CASES: Final = [*of_counters_to_come(), *of_appearing_counters()]


def test_a_query_gives_what_its_measure_says(refutation: str | None) -> None:
    assert refutation is None
