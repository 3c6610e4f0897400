"""One case of promtool: series by phases, and which alerts must fire at which time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from plimsoll.budget.measures import Fed
from plimsoll.budget.promql import duration, number

_NO_RESET: Final = 1 + 1e-9
"""promtool adds up what it counts; where its sum is a hair above ours, our next phase would look like a new counter."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time in which series behave in one way.

    Attributes:
        lasts: Seconds.
        fed: The series.
    """

    lasts: float
    fed: tuple[Fed, ...]


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that must fire.

    Attributes:
        labels: All, without `alertname`.
        annotations: All texts.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Check:
    """What must fire of one alert's name, and nothing else of that name.

    Attributes:
        at: Seconds from the beginning.
        alert: The name.
        firing: With all labels and texts; nothing where it is empty.
        of: Labels of which alone is spoken, where others of the name see the same series; texts are not compared then.
    """

    at: float
    alert: str
    firing: tuple[Firing, ...] = ()
    of: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One case.

    Attributes:
        name: What is tried.
        phases: One after the other; a series that is in several is a counter, which goes on from where it was.
        checks: What must be so.
        values: Values of queries at a time, as `(seconds, query, value)`; None where a query must find nothing.
    """

    name: str
    phases: tuple[Phase, ...]
    checks: tuple[Check, ...] = ()
    values: tuple[tuple[float, str, float | None], ...] = ()

    def written(self, step: float) -> dict[str, Any]:
        """Return it as a file of tests has it.

        Args:
            step: Seconds between two values of a series.
        """
        plain = [check for check in self.checks if check.of is None]
        some = [check for check in self.checks if check.of is not None]
        queries = [*map(_of_alerts, some), *(_of_value(*value) for value in self.values)]
        return {
            "name": self.name,
            "interval": duration(step),
            "input_series": _series(self.phases, step),
            **({"alert_rule_test": list(map(_of_alert, plain))} if plain else {}),
            **({"promql_expr_test": queries} if queries else {}),
        }


def whole(seconds: float, step: float) -> float:
    """Return a time that is no shorter, and a whole number of steps."""
    return -(-seconds // step) * step


def _of_alert(check: Check) -> dict[str, Any]:
    firing = [{"exp_labels": dict(each.labels), "exp_annotations": dict(each.annotations)} for each in check.firing]
    return {"eval_time": duration(check.at), "alertname": check.alert, "exp_alerts": firing}


def _of_alerts(check: Check) -> dict[str, Any]:
    asked = {"alertname": check.alert, "alertstate": "firing", **(check.of or {})}
    samples = [f"ALERTS{_braces({**asked, **each.labels})}" for each in check.firing]
    return {
        "expr": f"ALERTS{_braces(asked)}",
        "eval_time": duration(check.at),
        "exp_samples": [{"labels": sample, "value": 1} for sample in samples],
    }


def _of_value(at: float, query: str, value: float | None) -> dict[str, Any]:
    samples = [] if value is None else [{"labels": "{}", "value": float(number(value))}]
    return {"expr": query, "eval_time": duration(at), "exp_samples": samples}


def _braces(labels: Mapping[str, str]) -> str:
    inside = ",".join(f"{label}={_quoted(text)}" for label, text in labels.items())
    return f"{{{inside}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _series(phases: Iterable[Phase], step: float) -> list[dict[str, str]]:
    """Return each series once, with its values in promtool's notation: `0+600x10` is 0, 600, and so on to 6,000."""
    found: dict[str, list[str]] = {}
    reached: dict[str, float] = {}
    for phase in phases:
        for each in {fed.series: fed for fed in phase.fed}.values():
            steps, grows = round(phase.lasts / step), each.per_second * step
            begins = (reached[each.series] + grows) * _NO_RESET if each.series in reached else each.start
            found.setdefault(each.series, []).append(f"{number(begins)}+{number(grows)}x{steps - 1}")
            reached[each.series] = begins + grows * (steps - 1)
    return [{"series": name, "values": " ".join(values)} for name, values in found.items()]
