"""What a scenario is to do: the six executors with their settings, as k6 has them. Plain data, sent as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

HALF_A_MINUTE: Final = timedelta(seconds=30)
TEN_MINUTES: Final = timedelta(minutes=10)


class Stage(msgspec.Struct, frozen=True):
    """One stage of a ramp.

    Attributes:
        lasts: How long; zero to jump.
        target: Users, or iterations a second, at its end.
    """

    lasts: timedelta
    target: float


class _Common(msgspec.Struct, frozen=True, kw_only=True, tag_field="executor"):
    """What all scenarios have.

    Attributes:
        name: Unique in the run.
        starts_after: The start of the run.
        graceful_stop: How long iterations may go on when the scenario's time is over.
        mix: Flows by name, with their weights; empty for the flows of the file with the weights they have there.
        tags: On all that is recorded.
        env: In `session.env`, over those of the run.
    """

    name: str
    starts_after: timedelta = timedelta(0)
    graceful_stop: timedelta = HALF_A_MINUTE
    mix: dict[str, float] = {}
    tags: dict[str, str] = {}
    env: dict[str, str] = {}


class ConstantVus(_Common, frozen=True, kw_only=True, tag="constant-vus"):
    """So many users go round and round for so long.

    Attributes:
        vus: How many users.
        lasts: How long.
    """

    vus: int
    lasts: timedelta


class RampingVus(_Common, frozen=True, kw_only=True, tag="ramping-vus"):
    """A number of users that changes goes round and round.

    Attributes:
        start_vus: How many there are at first.
        stages: How that changes.
        graceful_ramp_down: How long an iteration may go on when its user is not wanted any more.
    """

    stages: tuple[Stage, ...]
    start_vus: int = 1
    graceful_ramp_down: timedelta = HALF_A_MINUTE


class PerVuIterations(_Common, frozen=True, kw_only=True, tag="per-vu-iterations"):
    """Each user does so many iterations.

    Attributes:
        vus: How many users.
        iterations: How many each does.
        max_duration: When they end in any case.
    """

    vus: int = 1
    iterations: int = 1
    max_duration: timedelta = TEN_MINUTES


class SharedIterations(_Common, frozen=True, kw_only=True, tag="shared-iterations"):
    """All users together do so many iterations, each as many as it gets to.

    Attributes:
        vus: How many users.
        iterations: How many they do.
        max_duration: When they end in any case.
    """

    vus: int = 1
    iterations: int = 1
    max_duration: timedelta = TEN_MINUTES


class ConstantArrivalRate(_Common, frozen=True, kw_only=True, tag="constant-arrival-rate"):
    """Iterations start at a rate, whatever the service does.

    Attributes:
        rate: Iterations a second.
        lasts: How long.
        pre_allocated_vus: How many users are there from the start.
        max_vus: How many there may come to be; an arrival that finds none free is dropped.
    """

    rate: float
    lasts: timedelta
    pre_allocated_vus: int
    max_vus: int


class RampingArrivalRate(_Common, frozen=True, kw_only=True, tag="ramping-arrival-rate"):
    """Iterations start at a rate that changes, whatever the service does.

    Attributes:
        start_rate: Iterations a second at first.
        stages: How that changes.
        pre_allocated_vus: How many users are there from the start.
        max_vus: How many there may come to be; an arrival that finds none free is dropped.
    """

    stages: tuple[Stage, ...]
    pre_allocated_vus: int
    max_vus: int
    start_rate: float = 0.0


Scenario = ConstantVus | RampingVus | PerVuIterations | SharedIterations | ConstantArrivalRate | RampingArrivalRate
Open = ConstantArrivalRate | RampingArrivalRate


def lasts(scenario: Scenario) -> timedelta:
    """Return how long a scenario lasts as planned, without what may still end gracefully."""
    match scenario:
        case ConstantVus() | ConstantArrivalRate():
            return scenario.lasts
        case RampingVus() | RampingArrivalRate():
            return sum((stage.lasts for stage in scenario.stages), timedelta(0))
        case PerVuIterations() | SharedIterations():
            return scenario.max_duration


def scaled(scenario: Scenario, by: float) -> Scenario:
    """Return a scenario whose durations are divided by a factor; rates, users and grace stay."""
    changes: dict[str, object] = {"starts_after": scenario.starts_after / by}
    match scenario:
        case ConstantVus() | ConstantArrivalRate():
            changes["lasts"] = scenario.lasts / by
        case RampingVus() | RampingArrivalRate():
            changes["stages"] = tuple(Stage(stage.lasts / by, stage.target) for stage in scenario.stages)
        case PerVuIterations() | SharedIterations():
            changes["max_duration"] = scenario.max_duration / by
    return msgspec.structs.replace(scenario, **changes)
