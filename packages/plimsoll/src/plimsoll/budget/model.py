"""The budget file as it stands: the service, its endpoints, its budgets and its scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from plimsoll.budget.amounts import Amount

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class Action(StrEnum):
    """What happens when a budget's threshold is crossed."""

    FAIL = "fail"
    """A load test and a gate fail."""
    WARN = "warn"
    """They say so."""
    ALERT = "alert"
    """Somebody is told while the service runs; load tests leave it alone."""


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a service answers.

    Attributes:
        name: What flows, dashboards and reports call it.
        route: The template, for example `/user/{id}`.
        method: The HTTP method.
    """

    name: Name
    route: str
    method: str = "GET"


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose budgets these are.

    Attributes:
        name: As metrics and alerts call it.
        url: Where load tests find it unless they are told.
        endpoints: What it answers.
    """

    name: Name
    url: str | None = None
    endpoints: tuple[Endpoint, ...] = ()


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One promise.

    Attributes:
        name: Unique in the file.
        indicator: What is promised; one of `indicators.py`.
        target: What is aimed at.
        threshold: What must not be crossed; the target where it is left out.
        action: What happens when it is.
        endpoints: Names of the endpoints it holds for, each alone; for all of them together where it is left out.
        why: For whoever wonders.
    """

    name: Name
    indicator: str
    target: Amount
    threshold: Amount | None = None
    action: Action = Action.FAIL
    endpoints: tuple[str, ...] = ()
    why: str | None = None

    @property
    def bound(self) -> Amount:
        """What must not be crossed."""
        return self.threshold or self.target


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One load test.

    Attributes:
        flow: The file with the flow, beside the budget file.
        about: What it is for, in a sentence.
        load: Executors by name, as a flow's own `scenarios` would hold them; read by the load generator.
        budgets: Names of the budgets it is judged by; all that a load test can see where it is left out.
        thresholds: More conditions, in k6's words.
        env: What the flow is told.
    """

    flow: str
    load: Mapping[str, Mapping[str, Any]]
    about: str | None = None
    budgets: tuple[str, ...] | None = None
    thresholds: Mapping[str, Any] = {}
    env: Mapping[str, str] = {}


class BudgetFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole budget file.

    Attributes:
        service: Whose it is.
        budgets: What it promises.
        scenarios: How that is tried, by name.
    """

    service: Service
    budgets: tuple[Budget, ...] = ()
    scenarios: Mapping[str, Scenario] = {}
