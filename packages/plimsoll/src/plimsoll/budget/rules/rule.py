"""A rule, a group of rules, and how they read in a file of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plimsoll.budget.file.model import Severity
from plimsoll.budget.promises import Promise
from plimsoll.budget.promql import Matcher, Selector, duration
from plimsoll.budget.rules.layout import laid_out
from plimsoll.budget.rules.wording import literal

_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class Recording:
    """Computes a series.

    Attributes:
        record: Its name.
        expr: The query.
        labels: What it carries besides what the query leaves.
    """

    record: str
    expr: str
    labels: Mapping[str, str]

    def written(self) -> dict[str, Any]:
        """Return it as a file of rules has it."""
        return {"record": self.record, "expr": laid_out(self.expr), "labels": dict(self.labels)}


@dataclass(frozen=True, slots=True)
class Alerting:
    """Tells somebody as long as its query finds something.

    Attributes:
        alert: Its name.
        expr: The query.
        lasts: For how many seconds it must find something first.
        labels: What it carries besides those of what is found.
        annotations: Texts, with Go's templates.
    """

    alert: str
    expr: str
    lasts: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    def written(self) -> dict[str, Any]:
        """Return it as a file of rules has it."""
        return {
            "alert": self.alert,
            "expr": laid_out(self.expr),
            **({"for": duration(self.lasts)} if self.lasts else {}),
            "labels": {
                label: literal(text) for label, text in self.labels.items()
            },  # Prometheus reads templates here too
            "annotations": dict(self.annotations),
        }


Rule = Recording | Alerting


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated together, one after the other.

    Attributes:
        name: Unique in its file.
        every: The seconds between two evaluations.
        rules: In their order.
    """

    name: str
    every: float
    rules: tuple[Rule, ...] = field(default=())

    def written(self) -> dict[str, Any]:
        """Return it as a file of rules has it."""
        rules = [rule.written() for rule in self.rules]
        return {"name": self.name, "interval": interval(self.every), "rules": rules}


def recorded(name: str, promise: Promise, *, any_endpoint: bool = False) -> Selector:
    """Return the recorded series of a promise; of its budget's promises for all endpoints, if so wished."""
    labels = {key: text for key, text in promise.labels.items() if key != "endpoint" or not any_endpoint}
    return Selector(name, tuple(Matcher(label, "=", text) for label, text in labels.items()))


def labels_of(promise: Promise, severity: Severity) -> dict[str, str]:
    """Return what an alert's rule carries; the endpoint comes from the series.

    Service and budget stand there too: promtool takes two rules of one name that carry the same for a mistake.
    """
    return {"service": promise.service, "budget": promise.budget.name, "severity": severity.value}


def interval(seconds: float) -> str:
    """Return the time between evaluations, which tests have shorter than a second."""
    return duration(seconds) if seconds == round(seconds) else f"{round(seconds * _MILLISECONDS)}ms"
