"""Business: is the service worth what it is there for? What only the service knows is added by its budget file."""

from __future__ import annotations

from typing import Final

from plimsoll.budget.dashboards import people
from plimsoll.budget.dashboards.view import Plan
from plimsoll.budget.sources import Source

PLAN: Final = Plan(
    "business",
    "Business",
    "Is the service worth what it is there for?",
    (Source.BUSINESS,),
    (
        (
            "How people are served",
            (people.active_now, people.satisfaction, people.completion, people.accuracy, people.availability),
        ),
        ("Over time", (people.active_users, people.ratios, people.availability_over_time)),
    ),
)
