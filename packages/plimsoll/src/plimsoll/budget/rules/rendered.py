"""The file of rules of a service."""

from __future__ import annotations

from plimsoll.budget.dashboards.showing import links_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import mark
from plimsoll.budget.promises import Promise, promises_of
from plimsoll.budget.rules.burns import burn_alerts
from plimsoll.budget.rules.costs import cost_group
from plimsoll.budget.rules.recorded import groups_of
from plimsoll.budget.rules.rule import Group
from plimsoll.budget.rules.thresholds import threshold_alerts
from plimsoll.budget.rules.written import yaml_of

EVERY = 15.0
"""Seconds between two evaluations of what is present: as often as is scraped."""


def rules(file: BudgetFile, every: float = EVERY) -> str:
    """Return the file of recording and alert rules.

    Args:
        file: Whose.
        every: The seconds between two evaluations of what is present; what looks back on hours and days is looked at
            more seldom by a fixed factor.
    """
    groups = [group.written() for group in groups_in(file, every) if group.rules]
    return f"# {mark(file.service.name)}\n{yaml_of({'groups': groups})}"


def groups_in(file: BudgetFile, every: float = EVERY) -> tuple[Group, ...]:
    """Return the groups in which a service's rules are evaluated, what is read before what reads it."""
    name, promises, links = file.service.name, seen_promises(file), links_of(file)
    costs = cost_group(file, 4 * every)
    return (
        *groups_of(name, promises, every),
        *((costs,) if costs else ()),
        Group(f"{name}: alerts", every, tuple(threshold_alerts(links, promises))),
        Group(f"{name}: burn alerts", 2 * every, tuple(burn_alerts(links, promises))),
    )


def seen_promises(file: BudgetFile) -> tuple[Promise, ...]:
    """Return the promises that Prometheus can see."""
    return tuple(promise for promise in promises_of(file) if promise.measure is not None)
