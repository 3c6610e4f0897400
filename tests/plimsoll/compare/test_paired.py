"""The verdict on two builds compared in pairs."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

import pytest

from plimsoll.compare.figures import STANDARD, Figure, Worse
from plimsoll.compare.paired import Arm, Comparison, Design, Measure, Ruling, compare, decide, rounds_needed
from plimsoll.measure.run import Run

ONE = (Figure("http_req_latency", "p50"),)
DESIGN = Design(figures=ONE)


def decided(ratios: list[float], **options: object) -> Comparison:
    return decide({ONE[0]: [math.log(ratio) for ratio in ratios]}, DESIGN, **options)  # type: ignore[arg-type]  # passed on


def around(middle: float, scatter: float = 0.01, pairs: int = 20) -> list[float]:
    chance = random.Random(5)
    return [middle * math.exp(chance.gauss(0, scatter)) for _ in range(pairs)]


class Bench:
    """A machine on which the candidate is slower by a factor, with noise."""

    def __init__(self, a_run: Callable[..., Run], slower: float, scatter: float) -> None:
        self.order: list[Arm] = []
        self._a_run = a_run
        self._slower = slower
        self._scatter = scatter
        self._chance = random.Random(7)

    async def measure(self, arm: Arm) -> Run:
        self.order.append(arm)
        factor = self._slower if arm is Arm.CANDIDATE else 1
        return self._a_run(10 * factor * math.exp(self._chance.gauss(0, self._scatter)))


@pytest.mark.parametrize(
    ("middle", "ruling"),
    [(1.0, Ruling.NOT_REGRESSED), (0.8, Ruling.NOT_REGRESSED), (1.05, Ruling.REGRESSED), (1.5, Ruling.REGRESSED)],
)
def test_the_ratio_decides(middle: float, ruling: Ruling) -> None:
    assert decided(around(middle)).ruling is ruling


def test_what_noise_hides_is_undecided() -> None:
    assert decided(around(1.03, scatter=0.2)).ruling is Ruling.UNDECIDED


def test_a_figure_that_is_better_when_higher_is_turned_round() -> None:
    rate = Figure("http_reqs", "rate", Worse.LOWER)
    assert rate.worsening(100, 80) > 0 > rate.worsening(100, 125)


def test_an_invalid_round_is_no_evidence_and_half_of_them_are_too_many() -> None:
    assert decided(around(1.5), invalid=3).ruling is Ruling.REGRESSED
    assert decided(around(1.5), invalid=20).ruling is Ruling.INVALID


def test_a_machine_on_which_a_build_differs_from_itself_decides_nothing() -> None:
    noise = {ONE[0]: [math.log(ratio) for ratio in around(1.2)]}

    found = decided(around(1.2), noise=noise)

    assert found.ruling is Ruling.UNDECIDED
    assert "the machine is too restless" in found.reasons[0]


def test_more_figures_ask_for_more_certainty() -> None:
    assert Design(figures=STANDARD).confidence > DESIGN.confidence


def test_a_figure_that_neither_recorded_is_undecided() -> None:
    found = decide({}, DESIGN)

    assert found.ruling is Ruling.UNDECIDED
    assert found.reasons == ("http_req_latency p50 was not recorded in both",)


def test_noisier_machines_need_more_rounds() -> None:
    quiet, loud = ({ONE[0]: [math.log(ratio) for ratio in around(1, scatter)]} for scatter in (0.01, 0.04))

    assert rounds_needed(loud, DESIGN) > 10 * rounds_needed(quiet, DESIGN)


async def test_the_order_within_pairs_alternates(a_run: Callable[..., Run]) -> None:
    bench = Bench(a_run, slower=1.5, scatter=0.001)

    await compare(bench.measure, Design(figures=ONE, noise_rounds=0, rounds=8))

    before, after = Arm.BASELINE, Arm.CANDIDATE
    assert bench.order[:8] == [before, after, after, before, before, after, after, before]


async def test_rounds_are_added_until_the_verdict_holds(a_run: Callable[..., Run]) -> None:
    bench = Bench(a_run, slower=1.05, scatter=0.05)

    found = await compare(bench.measure, Design(figures=ONE, noise_rounds=0, rounds=6, limit=100))

    assert found.ruling is Ruling.REGRESSED
    assert 6 < found.rounds < 100


async def test_at_the_limit_it_stays_undecided(a_run: Callable[..., Run]) -> None:
    bench = Bench(a_run, slower=1.04, scatter=0.5)

    found = await compare(bench.measure, Design(figures=ONE, noise_rounds=0, rounds=6, limit=16))

    assert (found.ruling, found.rounds) == (Ruling.UNDECIDED, 16)


async def test_rounds_in_which_the_generator_gave_out_end_too(a_run: Callable[..., Run]) -> None:
    async def measure(_: Arm) -> Run:
        return a_run(reasons=("starts were late",))

    found = await compare(measure, Design(figures=ONE, noise_rounds=2, rounds=6, limit=10))

    assert found.ruling is Ruling.INVALID


def _trials(a_run: Callable[..., Run], slower: float) -> Iterator[Measure]:
    for seed in range(40):
        bench = Bench(a_run, slower, 0.02)
        bench._chance = random.Random(seed)
        yield bench.measure


@pytest.mark.parametrize(("slower", "least", "most"), [(1.05, 36, 40), (1.0, 0, 2)])
async def test_five_percent_is_found_and_nothing_is_not(
    slower: float, least: int, most: int, a_run: Callable[..., Run]
) -> None:
    rulings = [(await compare(measure, Design())).ruling for measure in _trials(a_run, slower)]

    assert least <= rulings.count(Ruling.REGRESSED) <= most


class Machine:
    """A machine with moods, on which rounds of one build follow those of the other."""

    def __init__(self, a_run: Callable[..., Run], slower: float, mood: str, seed: int) -> None:
        self._a_run, self._slower, self._mood = a_run, slower, mood
        self._chance = random.Random(seed)
        self._drift = 0.0

    async def measure(self, arm: Arm) -> Run:
        return self._a_run(10 * (self._slower if arm is Arm.CANDIDATE else 1) * math.exp(self._noise()))

    def _noise(self) -> float:
        match self._mood:
            case "quiet":
                return self._chance.gauss(0, 0.007)
            case "restless":
                return self._chance.gauss(0, 0.02)
            case "stalling":  # one round in ten is slowed down by up to double
                stall = self._chance.uniform(0, math.log(2)) if self._chance.random() < 0.1 else 0.0
                return stall + self._chance.gauss(0, 0.01)
            case _:  # drifting: as slow as the round before, more or less
                self._drift += self._chance.gauss(0, 0.01)
                return self._drift + self._chance.gauss(0, 0.005)


@pytest.mark.parametrize("mood", ["quiet", "restless", "stalling", "drifting"])
async def test_the_design_of_the_benchmark_keeps_its_error_rates_in_every_mood_of_a_machine(
    mood: str, a_run: Callable[..., Run]
) -> None:
    design = Design(figures=ONE, noise_rounds=6, rounds=10, limit=60, step=5)  # that of perf/gate_trials.py
    called = {
        slower: [(await compare(Machine(a_run, slower, mood, seed).measure, design)).ruling for seed in range(100)]
        for slower in (1.0, 1.05)
    }

    assert called[1.0].count(Ruling.REGRESSED) <= 5
    assert called[1.05].count(Ruling.REGRESSED) >= 90
