"""Alerts on an error budget that is spent too fast: over a long window, and still so over a short one.

A pair of windows is a condition, a severity is an alert: two pairs that wake the same person wake them once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plimsoll.budget import series
from plimsoll.budget.alerts import BURN
from plimsoll.budget.burn import Burn, burns_of
from plimsoll.budget.links import runbook_url
from plimsoll.budget.model import Service, Severity
from plimsoll.budget.promises import Promise
from plimsoll.budget.promql import duration, number
from plimsoll.budget.rules.recorded import allowed, has_error_budget, window_of
from plimsoll.budget.rules.rule import Alerting, labels_of, recorded


def burn_alerts(service: Service, promises: Iterable[Promise]) -> Iterator[Alerting]:
    """Yield an alert of each severity for each budget that has an error budget; it holds for all its endpoints.

    Args:
        service: Whose.
        promises: Those that Prometheus can see.
    """
    of_budget = {each.budget.name: each for each in promises if has_error_budget(each)}
    for promise in of_budget.values():
        for severity in Severity:
            burns = burns_to(promise, severity)
            pairs = " or ".join(f"({_burning(promise, burn)})" for burn in burns)
            texts = texts_of(service, promise, burns, "{{ $value | humanize }}", "{{ $labels.endpoint }}")
            yield Alerting(BURN, pairs, 0, labels_of(promise, severity), texts)


def burns_to(promise: Promise, severity: Severity) -> tuple[Burn, ...]:
    """Return the pairs of windows of a promise's error budget that wake the same."""
    return tuple(burn for burn in burns_of(window_of(promise)) if burn.severity is severity)


def texts_of(service: Service, promise: Promise, burns: Iterable[Burn], value: str, endpoint: str) -> dict[str, str]:
    """Return the texts of an alert.

    Args:
        service: Whose.
        promise: Whose error budget is spent.
        burns: The pairs of windows that it looks at.
        value: What its value reads like: how many times too fast.
        endpoint: The endpoint's name.
    """
    of = promise.budget.name if promise.endpoint is None else f"{promise.budget.name} of {endpoint}"
    window = window_of(promise)
    spends = "; ".join(f"{_spends(burn, window)} in {duration(burn.long)}" for burn in burns)
    url = runbook_url(service, BURN)
    said = promise.budget.alert.means if promise.budget.alert else None
    return {
        "summary": f"{service.name}: the error budget of {of} is spent {value} times too fast",
        "description": f"{said or promise.indicator.about} In {duration(window)}"
        f" {number(100 * allowed(promise))} % may be bad; {spends}.",
        **({"runbook_url": url} if url else {}),
    }


def _spends(burn: Burn, window: float) -> str:
    return f"at {number(burn.factor)} times that pace {number(100 * burn.spent(window))} % of it is gone"


def _burning(promise: Promise, burn: Burn) -> str:
    """Return the query of one pair; its value is how many times too fast the long window burns."""
    may, factor = number(allowed(promise)), number(burn.factor)
    long, short = (recorded(series.bad_share(window), promise, any_endpoint=True) for window in (burn.long, burn.short))
    total = recorded(series.total(promise.rate), promise, any_endpoint=True)
    enough = f"avg_over_time({total}[{duration(burn.long)}]) >= {number(promise.traffic)}"
    return f"{long} / {may} > {factor} and {short} / {may} > {factor} and {enough}"
