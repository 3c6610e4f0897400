"""Alerts on a bound: the recorded value has been on its bad side for a while, and there was enough to judge by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plimsoll.budget import series
from plimsoll.budget.file.model import Alert
from plimsoll.budget.links import Links
from plimsoll.budget.promises import Promise
from plimsoll.budget.promql import number
from plimsoll.budget.rules.rule import Alerting, labels_of, recorded
from plimsoll.budget.rules.wording import ENDPOINT, literal, template
from plimsoll.budget.sides import Good


def threshold_alerts(links: Links, promises: Iterable[Promise]) -> Iterator[Alerting]:
    """Yield an alert for each budget that has one; it holds for all of the budget's endpoints.

    Args:
        links: Whereto they lead.
        promises: Those that Prometheus can see.
    """
    of_budget = {each.budget.name: each for each in promises}
    for promise in of_budget.values():
        if promise.budget.alert is not None:
            yield _alerting(links, promise, promise.budget.alert)


def texts_of(links: Links, promise: Promise, alert: Alert) -> dict[str, str]:
    """Return the templates of an alert's texts.

    Args:
        links: Whereto it leads.
        promise: What is not kept.
        alert: The file's words on it.
    """
    what = literal(promise.indicator.name) + (f" of {ENDPOINT}" if promise.endpoint else "")
    side = "above" if promise.indicator.good is Good.BELOW else "below"
    value = template(promise.indicator.unit)
    return {
        "summary": f"{literal(promise.service)}: {what} at {value}, {side} {promise.budget.bound.text}",
        "description": literal(alert.means or promise.indicator.about),
        **{name: literal(address) for name, address in links.of(alert.name, promise.budget.name)},
    }


def _alerting(links: Links, promise: Promise, alert: Alert) -> Alerting:
    labels = labels_of(promise, alert.severity)
    return Alerting(alert.name, _crossed(promise), alert.lasts.value, labels, texts_of(links, promise, alert))


def _crossed(promise: Promise) -> str:
    """Return the query: on the bad side, where the bound itself is good; and enough events, if it counts events."""
    sign = ">" if promise.indicator.good is Good.BELOW else "<"
    value = f"{recorded(series.VALUE, promise, any_endpoint=True)} {sign} {number(promise.bound)}"
    if promise.events is None:
        return value
    total = recorded(series.total(promise.rate), promise, any_endpoint=True)
    return f"{value} and {total} >= {number(promise.traffic)}"
