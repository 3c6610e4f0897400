"""The recorded series: what Prometheus computes from a budget file's rules, by name.

All carry the labels of their promise: `service`, `budget`, and `endpoint` where it holds for one alone. Alerts,
dashboards and `plimsoll slo` read these and nothing else, so all of them see the same figures.
"""

from __future__ import annotations

from typing import Final

from plimsoll.budget.promql import duration

VALUE: Final = "plimsoll:value"
"""What a promise's indicator is at present, in the base of its unit."""
BOUND: Final = "plimsoll:bound"
"""What it must not cross."""
TARGET: Final = "plimsoll:target"
"""What is aimed at."""
OBJECTIVE: Final = "plimsoll:objective"
"""The share of events that must be good; of promises with an error budget."""
REMAINING: Final = "plimsoll:remaining"
"""The share of the error budget that is left of its window: 1 untouched, 0 spent, negative when overspent."""
COST: Final = "plimsoll:cost"
"""What is spent, in dollars a second."""
COST_PER_REQUEST: Final = "plimsoll:cost_per_request"
"""Dollars for each request of the last hour."""
COST_PER_MESSAGE: Final = "plimsoll:cost_per_message"
"""Dollars for each message of the last hour."""
COST_PER_USER: Final = "plimsoll:cost_per_active_user"
"""Dollars a month for each active user, at the pace of the last hour."""


def bad(rate: float) -> str:
    """Return the name of bad events a second, over so many seconds: `plimsoll:bad:rate5m`."""
    return f"plimsoll:bad:rate{duration(rate)}"


def total(rate: float) -> str:
    """Return the name of all events a second, over so many seconds: `plimsoll:total:rate5m`."""
    return f"plimsoll:total:rate{duration(rate)}"


def bad_share(window: float) -> str:
    """Return the name of the share of events that were bad in a window of so many seconds: `plimsoll:bad_share:1h`."""
    return f"plimsoll:bad_share:{duration(window)}"
