"""What a scenario was to do, in the words and points of a report. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from plimsoll.load.scenarios import (
    ConstantArrivalRate,
    ConstantVus,
    PerVuIterations,
    RampingArrivalRate,
    RampingVus,
    Scenario,
    SharedIterations,
    Stage,
    lasts,
)
from plimsoll.measure import run
from plimsoll.measure.durations import in_words

Point = tuple[timedelta, float]


def facts_of(scenario: Scenario) -> run.Scenario:
    """Return what reports say of a scenario."""
    stages = scenario.stages if isinstance(scenario, RampingVus | RampingArrivalRate) else ()
    return run.Scenario(
        name=scenario.name,
        executor=str(scenario.__struct_config__.tag),
        load=_words(scenario),
        is_open=isinstance(scenario, ConstantArrivalRate | RampingArrivalRate),
        starts_after=scenario.starts_after,
        lasts=lasts(scenario),
        stages=tuple((stage.lasts, stage.target) for stage in stages),
        plan=tuple(_points(scenario)),
    )


def _words(scenario: Scenario) -> str:
    match scenario:
        case ConstantVus():
            return f"{_users(scenario.vus)} for {in_words(scenario.lasts)}"
        case RampingVus():
            return f"{scenario.start_vus} users, then {_stages(scenario.stages)}"
        case PerVuIterations():
            each = f"{_users(scenario.vus)}, {scenario.iterations:,} iterations each"
            return f"{each}, at most {in_words(scenario.max_duration)}"
        case SharedIterations():
            each = f"{scenario.iterations:,} iterations by {_users(scenario.vus)}"
            return f"{each}, at most {in_words(scenario.max_duration)}"
        case ConstantArrivalRate():
            rate = f"{scenario.rate:g} iterations/s for {in_words(scenario.lasts)}"
            return f"{rate}, at most {_users(scenario.max_vus)}"
        case RampingArrivalRate():
            rate = f"{scenario.start_rate:g} iterations/s, then {_stages(scenario.stages)}"
            return f"{rate}, at most {_users(scenario.max_vus)}"


def _users(number: int) -> str:
    return f"{number:,} user{'' if number == 1 else 's'}"


def _stages(stages: tuple[Stage, ...]) -> str:
    return ", ".join(f"{stage.target:g} in {in_words(stage.lasts)}" for stage in stages)


def _points(scenario: Scenario) -> Iterator[Point]:
    match scenario:
        case ConstantVus():
            yield from _flat(scenario.vus, scenario.lasts)
        case ConstantArrivalRate():
            yield from _flat(scenario.rate, scenario.lasts)
        case RampingVus():
            yield from _ramps(scenario.start_vus, scenario.stages)
        case RampingArrivalRate():
            yield from _ramps(scenario.start_rate, scenario.stages)
        case PerVuIterations() | SharedIterations():
            return


def _flat(target: float, length: timedelta) -> Iterator[Point]:
    yield timedelta(0), float(target)
    yield length, float(target)


def _ramps(start: float, stages: tuple[Stage, ...]) -> Iterator[Point]:
    at = timedelta(0)
    yield at, float(start)
    for stage in stages:
        at += stage.lasts
        yield at, stage.target
