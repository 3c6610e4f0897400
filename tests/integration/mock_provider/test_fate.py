"""Rules: what becomes of a call is drawn from its key, so that any order of calls meets the same faults."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from natalis.mock_provider.fate import Fail, decide, latency, throw
from natalis.mock_provider.knobs import Knobs
from natalis.mock_provider.register import Register

ZERO = timedelta(0)


@given(st.integers(), st.text(), st.integers())
def test_the_same_attempt_meets_the_same_fate(seed: int, key: str, attempt: int) -> None:
    assert throw(seed, key, attempt) == throw(seed, key, attempt)
    assert all(0 <= side < 1 for side in (throw(seed, key, attempt).fault, throw(seed, key, attempt).latency))


def test_faults_come_at_their_rates() -> None:
    knobs = Knobs(error_rate=0.1, hang_rate=0.05, drop_rate=0.05)
    fates = Counter(type(decide(knobs, throw(1, f"k{n}", 1), elapsed=ZERO)).__name__ for n in range(20_000))
    assert {name: round(count / 20_000, 2) for name, count in fates.items()} == {
        "Answer": 0.8,
        "Fail": 0.1,
        "Hang": 0.05,
        "Drop": 0.05,
    }


def test_only_a_500_may_come_after_acceptance() -> None:
    fates = [decide(Knobs(error_rate=1), throw(1, f"k{n}", 1), elapsed=ZERO) for n in range(1_000)]
    told = {(fate.status, fate.accepted) for fate in fates if isinstance(fate, Fail)}
    assert told == {(429, False), (500, False), (503, False), (500, True)}


def test_latency_is_spread_over_its_range() -> None:
    knobs = Knobs(latency_min=timedelta(milliseconds=50), latency_max=timedelta(milliseconds=200))
    spans = [latency(knobs, throw(1, f"k{n}", 1)) for n in range(10_000)]
    assert timedelta(milliseconds=50) <= min(spans) < timedelta(milliseconds=52)
    assert timedelta(milliseconds=198) < max(spans) < timedelta(milliseconds=200)


def test_the_register_reads_back_every_form_of_key() -> None:
    register = Register()
    keys = [f"{UUID(int=7)}:birthday:2026-12-10", str(UUID(int=7)), "7", f"{UUID(int=0xABC)!s}".upper()]
    for turn, key in enumerate(keys, start=1):
        for _ in range(turn):
            register.receive(key)
    assert {key: counts.received for key, counts in register.tally()} == {key: n for n, key in enumerate(keys, 1)}
    assert [register.of(key).received for key in keys] == [1, 2, 3, 4]
