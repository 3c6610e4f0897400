"""Scenarios as k6's options write them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from plimsoll.errors import InvalidInput
from plimsoll.load.nearest import nearest
from plimsoll.load.reader import Reader
from plimsoll.load.scenarios import (
    HALF_A_MINUTE,
    TEN_MINUTES,
    ConstantArrivalRate,
    ConstantVus,
    PerVuIterations,
    RampingArrivalRate,
    RampingVus,
    Scenario,
    SharedIterations,
    Stage,
)

_SECOND: Final = timedelta(seconds=1)
_SECONDS_OF_STALL: Final = 10
"""Without maxVUs there may be as many users as come in so many seconds: a service may freeze that long, and none is
dropped."""
_FEWEST: Final = 50
_MOST: Final = 20_000


def scenarios_of(plain: object, where: str = "options.scenarios") -> tuple[Scenario, ...]:
    """Read scenarios by name.

    Raises:
        InvalidInput: Something is missing, unknown or cannot be.
    """
    if not isinstance(plain, Mapping) or not plain:
        raise InvalidInput(where, "it holds no scenario", "write {name: {executor: …}}")
    return tuple(scenario_of(str(name), each, f"{where}.{name}") for name, each in plain.items())


def scenario_of(name: str, plain: object, where: str) -> Scenario:
    """Read one scenario.

    Raises:
        InvalidInput: Something is missing, unknown or cannot be.
    """
    read = Reader(where, plain)
    executor = read.text("executor")
    if executor not in _MAKERS:
        raise InvalidInput(read.field("executor"), f"there is no executor {executor!r}", nearest(executor, _MAKERS))
    scenario = _MAKERS[executor](read, _common(name, read))
    read.end()
    return scenario


def default_most(rate: float) -> int:
    """Return how many users an open scenario may come to have that does not say."""
    return min(_MOST, max(_FEWEST, math.ceil(rate * _SECONDS_OF_STALL)))


def _common(name: str, read: Reader) -> dict[str, Any]:
    return {
        "name": name,
        "starts_after": read.length("startTime", timedelta(0)),
        "graceful_stop": read.length("gracefulStop", HALF_A_MINUTE),
        "mix": _mix(read),
        "tags": read.texts("tags"),
        "env": read.texts("env"),
    }


def _mix(read: Reader) -> dict[str, float]:
    if read.has("exec") and read.has("mix"):
        raise InvalidInput(read.field("exec"), "there is a mix too", "name one flow by exec, or several by mix")
    if name := read.text("exec", ""):
        return {name: 1.0}
    mix = read.any("mix", {})
    if not isinstance(mix, Mapping):
        raise InvalidInput(read.field("mix"), f"{mix!r} is no mapping", "write {flow: weight, …}")
    weights = Reader(read.field("mix"), mix)
    return {str(each): weights.number(str(each), above=0) for each in mix}


def _constant_vus(read: Reader, common: dict[str, Any]) -> Scenario:
    return ConstantVus(**common, vus=read.whole("vus", 1, 1), lasts=_some(read, "duration"))


def _ramping_vus(read: Reader, common: dict[str, Any]) -> Scenario:
    return RampingVus(
        **common,
        start_vus=read.whole("startVUs", 1),
        stages=_stages(read, 1.0),
        graceful_ramp_down=read.length("gracefulRampDown", HALF_A_MINUTE),
    )


def _per_vu(read: Reader, common: dict[str, Any]) -> Scenario:
    vus, iterations = read.whole("vus", 1, 1), read.whole("iterations", 1, 1)
    return PerVuIterations(
        **common, vus=vus, iterations=iterations, max_duration=read.length("maxDuration", TEN_MINUTES)
    )


def _shared(read: Reader, common: dict[str, Any]) -> Scenario:
    vus, iterations = read.whole("vus", 1, 1), read.whole("iterations", 1, 1)
    if iterations < vus:
        raise InvalidInput(read.field("iterations"), f"{vus} users cannot share {iterations}", "give more iterations")
    return SharedIterations(
        **common, vus=vus, iterations=iterations, max_duration=read.length("maxDuration", TEN_MINUTES)
    )


def _constant_rate(read: Reader, common: dict[str, Any]) -> Scenario:
    rate = read.number("rate", above=0) / _unit(read)
    first, most = _users(read, rate)
    return ConstantArrivalRate(
        **common, rate=rate, lasts=_some(read, "duration"), pre_allocated_vus=first, max_vus=most
    )


def _ramping_rate(read: Reader, common: dict[str, Any]) -> Scenario:
    unit = _unit(read)
    start = read.number("startRate", 0.0) / unit
    stages = _stages(read, unit)
    first, most = _users(read, max(start, *(stage.target for stage in stages)))
    return RampingArrivalRate(**common, start_rate=start, stages=stages, pre_allocated_vus=first, max_vus=most)


def _unit(read: Reader) -> float:
    unit = read.length("timeUnit", _SECOND)
    if not unit:
        raise InvalidInput(read.field("timeUnit"), "it is no time", "give one such as 1s or 1m")
    return unit.total_seconds()


def _users(read: Reader, rate: float) -> tuple[int, int]:
    """Return how many users there are at first and at most."""
    said = read.has("preAllocatedVUs")
    most = read.whole("maxVUs", 0, 1)
    first = read.whole("preAllocatedVUs", 0)
    if not most:
        most = max(1, first) if said else default_most(rate)
    if first > most:
        raise InvalidInput(read.field("maxVUs"), f"{most} are fewer than preAllocatedVUs", f"give at least {first}")
    return first if said else min(most, max(1, math.ceil(rate / 10))), most


def _some(read: Reader, key: str) -> timedelta:
    length = read.length(key)
    if not length:
        raise InvalidInput(read.field(key), "it is no time at all", "give one such as 30s")
    return length


def _stages(read: Reader, unit: float) -> tuple[Stage, ...]:
    return tuple(
        _stage(each, f"{read.field('stages')}[{number}]", unit) for number, each in enumerate(read.items("stages"))
    )


def _stage(plain: object, where: str, unit: float) -> Stage:
    read = Reader(where, plain)
    stage = Stage(read.length("duration"), read.number("target") / unit)
    read.end()
    return stage


_MAKERS: Final[Mapping[str, Callable[[Reader, dict[str, Any]], Scenario]]] = MappingProxyType(
    {
        "constant-vus": _constant_vus,
        "ramping-vus": _ramping_vus,
        "per-vu-iterations": _per_vu,
        "shared-iterations": _shared,
        "constant-arrival-rate": _constant_rate,
        "ramping-arrival-rate": _ramping_rate,
    }
)
