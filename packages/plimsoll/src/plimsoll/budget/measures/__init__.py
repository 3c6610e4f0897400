"""How an indicator is read from Prometheus: one module each for shares of events, distributions, counters and gauges.

A measure writes its own query, says what it needs to be told to take a given value (so that every alert can be tested),
and, where it counts events, which of them are bad (so that an error budget can be kept).
"""

from plimsoll.budget.measures.contract import Eventful, Fed, Measure
from plimsoll.budget.measures.counters import Increase, Rate
from plimsoll.budget.measures.distributions import Mean, Quantile
from plimsoll.budget.measures.events import Ratio
from plimsoll.budget.measures.gauges import Level, Part, Stalled, Take, Up
from plimsoll.budget.measures.processors import Busy

__all__ = [
    "Busy", "Eventful", "Fed", "Increase", "Level", "Mean", "Measure", "Part", "Quantile", "Rate", "Ratio", "Stalled",
    "Take", "Up",
]  # fmt: skip
