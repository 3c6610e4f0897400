"""How many users a scenario may come to have. Pure."""

from __future__ import annotations

from plimsoll.load.scenarios import (
    ConstantArrivalRate,
    ConstantVus,
    PerVuIterations,
    RampingArrivalRate,
    RampingVus,
    Scenario,
    SharedIterations,
)
from plimsoll.load.shapes import most_users


def most(scenario: Scenario) -> int:
    """Return the most users there may ever be, over all parts."""
    match scenario:
        case ConstantVus() | PerVuIterations() | SharedIterations():
            return scenario.vus
        case RampingVus():
            return most_users(scenario.start_vus, scenario.stages)
        case ConstantArrivalRate() | RampingArrivalRate():
            return scenario.max_vus
