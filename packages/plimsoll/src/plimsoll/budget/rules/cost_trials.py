"""Tries the rules of unit costs: 3.6 dollars an hour, a thousandth of a dollar a second, for one thing a second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plimsoll.budget import series
from plimsoll.budget.burn import DAY, HOUR
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.measures import Fed
from plimsoll.budget.promql import Matcher, Selector
from plimsoll.budget.rules.costs import COST
from plimsoll.budget.rules.trial import Phase, Trial
from plimsoll.budget.sight import sight_of
from plimsoll.budget.sources import Source

_A_SECOND: Final = 0.001
_USERS: Final = 100.0


def cost_trials(file: BudgetFile, step: float) -> Iterator[Trial]:
    """Yield the trials, where costs are watched: what a thing costs, and no figure where there is no such thing.

    Args:
        file: Whose.
        step: Seconds between two evaluations.
    """
    sight = sight_of(file.watch)
    if Source.COST not in sight.sources:
        return
    fed = [Fed(sight.of(Source.COST, COST).example(resource="cpu"), 0, _A_SECOND)]
    values = [(series.COST, _A_SECOND)]
    if Source.HTTP in sight.sources:
        fed.append(Fed(sight.of(Source.HTTP, sight.dialect.requests).example(), 0, 1))
        values.append((series.COST_PER_REQUEST, _A_SECOND))
    if Source.QUEUE in sight.sources:
        fed.append(Fed(sight.of(Source.QUEUE, "messages_processed_total").example(), 0, 1))
        values.append((series.COST_PER_MESSAGE, _A_SECOND))
    if Source.BUSINESS in sight.sources:
        fed.append(Fed(sight.of(Source.BUSINESS, "active_users_total").example(), _USERS))
        values.append((series.COST_PER_USER, _A_SECOND * 30 * DAY / _USERS))
    at = HOUR + 2 * step
    own = Matcher("service", "=", file.service.name)
    asked = tuple((at, f"round(sum({Selector(name, (own,))}), 1e-9)", value) for name, value in values)
    yield Trial("What a thing costs", (Phase(at + step, tuple(fed)),), values=asked)
