"""Tries every alert on a bound: it fires when it should, with its labels and texts, and is silent when it should be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from plimsoll.budget import series
from plimsoll.budget.file.amounts import Unit
from plimsoll.budget.file.model import Alert
from plimsoll.budget.links import Links
from plimsoll.budget.measures import Fed, Increase, Mean, Rate, Up
from plimsoll.budget.measures.contract import TRAFFIC
from plimsoll.budget.promises import Promise
from plimsoll.budget.rules.rule import labels_of, recorded
from plimsoll.budget.rules.thresholds import texts_of
from plimsoll.budget.rules.trial import Check, Firing, Phase, Trial, whole
from plimsoll.budget.rules.wording import shown, words
from plimsoll.budget.sides import Good

_MINUTE: Final = 60.0
_PLENTY: Final = 8
_USUAL_RATE: Final = 300.0
_HALF_A_SECOND: Final = 0.5


def threshold_trials(links: Links, promises: Iterable[Promise], step: float) -> Iterator[Trial]:
    """Yield the trials of all alerts on bounds.

    Args:
        links: Whereto the alerts lead.
        promises: Those that Prometheus can see.
        step: Seconds between two evaluations.
    """
    alerting = [(each, each.budget.alert) for each in promises if each.budget.alert is not None]
    for promise, alert in alerting:
        yield _crossed(links, promise, alert, step)
        yield _kept(promise, alert, step)
        if _needs_events(promise):
            yield _too_few(promise, alert, step)
    if alerting:
        yield _unseen(links, alerting, step)
        if any(_needs_events(promise) for promise, _ in alerting):
            yield _idle([pair for pair in alerting if _needs_events(pair[0])], step)


def busy(fed: Iterable[Fed], promise: Promise) -> tuple[Fed, ...]:
    """Return series of events, many enough for the promise's guard from their second value on.

    Of a rate's window of five minutes only a fifth has been seen then, and of a longer one less.
    """
    unseen = max(1.0, promise.rate / _USUAL_RATE)
    return _times(fed, max(1.0, _PLENTY * unseen * promise.traffic / TRAFFIC))


def scarce(fed: Iterable[Fed], promise: Promise) -> tuple[Fed, ...]:
    """Return series of events with half as many of them as the promise's guard asks for."""
    return _times(fed, promise.traffic / TRAFFIC / 2)


def still(fed: Iterable[Fed]) -> tuple[Fed, ...]:
    """Return series of events of which none happens."""
    return _times(fed, 0.0)


def _times(fed: Iterable[Fed], factor: float) -> tuple[Fed, ...]:
    return tuple(replace(each, per_second=each.per_second * factor) for each in fed)


def _crossed(links: Links, promise: Promise, alert: Alert, step: float) -> Trial:
    """Tell, once the bound was crossed for as long as is said, and not before."""
    value = worse(promise)
    at = _settled(promise, alert, step)
    firing = _firing(links, promise, alert, value)
    return Trial(
        f"{alert.name} of {promise.slug}: tells when the bound is crossed for as long as is said",
        (Phase(at + step, _fed(promise, value)),),
        (*_on_time(promise, alert, firing, step), Check(at, alert.name, (firing,))),
    )


def _on_time(promise: Promise, alert: Alert, firing: Firing, step: float) -> Iterator[Check]:
    """Yield that nothing is told a step too early, and that it is told in time, where the crossing's time is known.

    A gauge crosses with its first value, what is made of counters with its second; only what must first grow over its
    bound does so sometime in its window.
    """
    counted = _is_counted(promise)
    told = (step if counted else 0.0) + whole(alert.lasts.value, step)
    if told >= step:
        yield Check(told - step, alert.name)
    grows = isinstance(promise.measure, Increase | Rate) and promise.indicator.good is Good.BELOW and promise.bound > 0
    if not grows:
        yield Check(told, alert.name, (firing,), promise.labels)


def _kept(promise: Promise, alert: Alert, step: float) -> Trial:
    at = _settled(promise, alert, step)
    return Trial(
        f"{alert.name} of {promise.slug}: is silent on the good side of the bound",
        (Phase(at + step, _fed(promise, better(promise))),),
        (Check(at, alert.name),),
    )


def _too_few(promise: Promise, alert: Alert, step: float) -> Trial:
    at = _settled(promise, alert, step)
    return Trial(
        f"{alert.name} of {promise.slug}: is silent when too little happens to judge by",
        (Phase(at + step, scarce(_seen(promise, worse(promise)), promise)),),
        (Check(at, alert.name),),
    )


def _unseen(links: Links, alerting: Iterable[tuple[Promise, Alert]], step: float) -> Trial:
    """Be silent without data; only what must answer is down then."""
    pairs = list(alerting)
    at = max(_settled(promise, alert, step) for promise, alert in pairs)
    checks: dict[str, list[Firing]] = {}
    for promise, alert in pairs:
        down = isinstance(promise.measure, Up)
        checks.setdefault(alert.name, []).extend([_firing(links, promise, alert, 0)] if down else [])
    return Trial(
        "Without data nothing is told, but that nobody answers",
        (),
        tuple(Check(at, name, tuple(firing)) for name, firing in checks.items()),
    )


def _idle(alerting: Iterable[tuple[Promise, Alert]], step: float) -> Trial:
    """Be silent while nothing happens: a share of nothing has no value, not even one that is no number."""
    pairs = list(alerting)
    at = max(_settled(promise, alert, step) for promise, alert in pairs)
    fed = tuple(each for promise, _ in pairs for each in still(_seen(promise, worse(promise))))
    checks = {alert.name: Check(at, alert.name) for _, alert in pairs}
    values = tuple((at, str(recorded(series.VALUE, promise)), None) for promise, _ in pairs)
    return Trial("While nothing happens nothing is told", (Phase(at + step, fed),), tuple(checks.values()), values)


def worse(promise: Promise) -> float:
    """Return a value on the bad side of the bound, clearly."""
    if isinstance(promise.measure, Up):
        return 0.0
    bound = promise.bound
    if promise.indicator.unit is Unit.SHARE:
        value = bound / 2 if promise.indicator.good is Good.ABOVE else (1 + bound) / 2
        return float(f"{value:.4g}")  # as many digits as are shown: between two of them either may be
    if promise.indicator.good is Good.ABOVE:
        return bound / 2
    # Prometheus drops what is less than a second of a minute or more: half of one keeps us clear of the edge.
    return 2 * bound + (_HALF_A_SECOND if promise.indicator.unit is Unit.SECONDS and 2 * bound >= _MINUTE else 0) or 1.0


def better(promise: Promise) -> float:
    """Return a value on the good side of the bound, clearly."""
    if isinstance(promise.measure, Up):
        return 1.0
    if promise.indicator.good is Good.BELOW:
        return promise.bound / 2
    return (1 + promise.bound) / 2 if promise.indicator.unit is Unit.SHARE else 2 * promise.bound


def _settled(promise: Promise, alert: Alert, step: float) -> float:
    """Return when what looks back has seen enough, and the alert has waited for as long as is said."""
    if isinstance(promise.measure, Increase):
        looks_back = promise.measure.over
    else:
        looks_back = promise.rate if _is_counted(promise) else 0.0
    return looks_back + whole(alert.lasts.value, step) + 2 * step


def _firing(links: Links, promise: Promise, alert: Alert, value: float) -> Firing:
    text = words(value, promise.indicator.unit)
    endpoint = promise.endpoint.name if promise.endpoint else ""
    labels = {**promise.labels, **labels_of(promise, alert.severity)}
    return Firing(labels, shown(texts_of(links, promise, alert), text, endpoint))


def _fed(promise: Promise, value: float) -> tuple[Fed, ...]:
    fed = _seen(promise, value)
    return busy(fed, promise) if _needs_events(promise) else fed


def _seen(promise: Promise, value: float) -> tuple[Fed, ...]:
    return promise.measure.fed(value) if promise.measure is not None else ()


def _is_counted(promise: Promise) -> bool:
    return any(each.per_second for each in _seen(promise, worse(promise)))


def _needs_events(promise: Promise) -> bool:
    return promise.events is not None or isinstance(promise.measure, Mean)
