"""Alerts on an error budget that is spent too fast: over a long window, and still so over a short one.

A pair of windows is a condition, a severity is an alert: two pairs that wake the same person wake them once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plimsoll.budget import series
from plimsoll.budget.alerts import BURN
from plimsoll.budget.burn import Burn, burns_of
from plimsoll.budget.file.model import Severity
from plimsoll.budget.links import Links
from plimsoll.budget.promises import Promise
from plimsoll.budget.promql import duration, number
from plimsoll.budget.rules.recorded import allowed, has_error_budget, window_of
from plimsoll.budget.rules.rule import Alerting, labels_of, recorded
from plimsoll.budget.rules.wording import ENDPOINT, FACTOR, literal


def burn_alerts(links: Links, promises: Iterable[Promise]) -> Iterator[Alerting]:
    """Yield an alert of each severity for each budget that has an error budget; it holds for all its endpoints.

    Args:
        links: Whereto they lead.
        promises: Those that Prometheus can see.
    """
    of_budget = {each.budget.name: each for each in promises if has_error_budget(each)}
    for promise in of_budget.values():
        for severity in Severity:
            burns = burns_to(promise, severity)
            pairs = " or ".join(f"({_burning(promise, burn)})" for burn in burns)
            yield Alerting(BURN, pairs, 0, labels_of(promise, severity), texts_of(links, promise, severity))


def burns_to(promise: Promise, severity: Severity) -> tuple[Burn, ...]:
    """Return the pairs of windows of a promise's error budget that wake the same."""
    return tuple(burn for burn in burns_of(window_of(promise)) if burn.severity is severity)


def texts_of(links: Links, promise: Promise, severity: Severity) -> dict[str, str]:
    """Return the templates of an alert's texts; its value is how many times too fast the budget is spent.

    Args:
        links: Whereto it leads.
        promise: Whose error budget is spent.
        severity: Whom it wakes.
    """
    what = literal(promise.budget.name) + (f" of {ENDPOINT}" if promise.endpoint else "")
    window, means = window_of(promise), promise.budget.alert.means if promise.budget.alert else None
    paces = "; ".join(_pace(burn, window) for burn in burns_to(promise, severity))
    allows = f"In {duration(window)} {number(100 * allowed(promise))} % may be bad; {paces}."
    return {
        "summary": f"{literal(promise.service)}: the error budget of {what} is spent {FACTOR} times too fast",
        "description": f"{literal(means or promise.indicator.about)} {allows}",
        **{name: literal(address) for name, address in links.of(BURN, promise.budget.name)},
    }


def _pace(burn: Burn, window: float) -> str:
    spent = number(100 * burn.spent(window))
    return f"at {number(burn.factor)} times that pace {spent} % of it is gone in {duration(burn.long)}"


def _burning(promise: Promise, burn: Burn) -> str:
    """Return the query of one pair; its value is how many times too fast the long window burns."""
    may, factor = number(allowed(promise)), number(burn.factor)
    long, short = (recorded(series.bad_share(window), promise, any_endpoint=True) for window in (burn.long, burn.short))
    total = recorded(series.total(promise.rate), promise, any_endpoint=True)
    enough = f"avg_over_time({total}[{duration(burn.long)}]) >= {number(promise.traffic)}"
    return f"{long} / {may} > {factor} and {short} / {may} > {factor} and {enough}"
