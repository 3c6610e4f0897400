"""The executors: who starts which iteration when. One file for each way, after k6's.

An executor is made for one scenario in one engine, runs to its end, and can be asked to start nothing more.
"""

from __future__ import annotations

from plimsoll.load.crew import Crew
from plimsoll.load.executors.arriving import Arriving
from plimsoll.load.executors.base import Executor
from plimsoll.load.executors.counted import PerUser, Shared
from plimsoll.load.executors.ramping import Ramping
from plimsoll.load.executors.steady import Steady
from plimsoll.load.scenarios import (
    ConstantArrivalRate,
    ConstantVus,
    PerVuIterations,
    RampingArrivalRate,
    RampingVus,
    SharedIterations,
)


def executor(crew: Crew) -> Executor:
    """Return the executor of a crew's scenario."""
    match crew.scenario:
        case ConstantVus() as scenario:
            return Steady(crew, scenario)
        case RampingVus() as scenario:
            return Ramping(crew, scenario)
        case PerVuIterations() as scenario:
            return PerUser(crew, scenario)
        case SharedIterations() as scenario:
            return Shared(crew, scenario)
        case ConstantArrivalRate() | RampingArrivalRate() as scenario:
            return Arriving(crew, scenario)
