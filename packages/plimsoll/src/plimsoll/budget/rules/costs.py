"""What a request, a message and an active user cost, where costs are watched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plimsoll.budget import series
from plimsoll.budget.burn import DAY, HOUR
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.promql import Selector, duration, number
from plimsoll.budget.rules.rule import Group, Recording
from plimsoll.budget.sight import Sight, sight_of
from plimsoll.budget.sources import Source

COST: Final = "service_cost_dollars_total"
_OVER: Final = duration(HOUR)
_MONTH: Final = 30 * DAY


def cost_group(file: BudgetFile, every: float) -> Group | None:
    """Return the rules of unit costs; None where costs are not watched."""
    sight = sight_of(file.watch)
    if Source.COST not in sight.sources:
        return None
    return Group(f"{file.service.name}: costs", every, tuple(_rules(file.service.name, sight)))


def _rules(service: str, sight: Sight) -> Iterator[Recording]:
    cost = sight.of(Source.COST, COST)
    labels = {"service": service}
    spent = _pace(cost)
    yield Recording(series.COST, f"sum by (resource) (rate({cost}[{_OVER}]))", labels)
    if Source.HTTP in sight.sources:
        requests = sight.of(Source.HTTP, sight.dialect.requests)
        yield Recording(series.COST_PER_REQUEST, f"{spent} / ({_pace(requests)} > 0)", labels)
    if Source.QUEUE in sight.sources:
        messages = sight.of(Source.QUEUE, "messages_processed_total")
        yield Recording(series.COST_PER_MESSAGE, f"{spent} / ({_pace(messages)} > 0)", labels)
    if Source.BUSINESS in sight.sources:
        users = sight.of(Source.BUSINESS, "active_users_total")
        monthly = f"{number(_MONTH)} * {spent}"
        yield Recording(series.COST_PER_USER, f"{monthly} / (max({users}) > 0)", labels)


def _pace(counter: Selector) -> str:
    return f"sum(rate({counter}[{_OVER}]))"
