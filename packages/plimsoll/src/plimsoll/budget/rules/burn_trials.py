"""Tries every alert on an error budget: each pace wakes whom it should, in time, and a burst that is over nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from plimsoll.budget import series
from plimsoll.budget.alerts import BURN
from plimsoll.budget.burn import Burn, burns_of, noticed_after
from plimsoll.budget.file.model import Severity
from plimsoll.budget.links import Links
from plimsoll.budget.measures import Fed
from plimsoll.budget.promises import Promise
from plimsoll.budget.rules.burns import texts_of
from plimsoll.budget.rules.recorded import allowed, has_error_budget, window_of, windows_of
from plimsoll.budget.rules.rule import labels_of, recorded
from plimsoll.budget.rules.threshold_trials import busy, scarce, still
from plimsoll.budget.rules.trial import Check, Firing, Phase, Trial, whole
from plimsoll.budget.rules.wording import human, shown

_A_WHILE: Final = 3
"""Steps: as long as a steady pace is watched once the rate has settled."""
_FASTER, _SLOWER = 1.1, 0.9
_CLEARLY: Final = 1.05
_BEFORE: Final = 2.5
"""Windows, of the pair with the shortest: so long everything was good before a burst at least, that no other pair
tells of it first."""


def burn_trials(links: Links, promises: Iterable[Promise], step: float) -> Iterator[Trial]:
    """Yield the trials of all alerts on error budgets.

    Args:
        links: Whereto the alerts lead.
        promises: Those that Prometheus can see.
        step: Seconds between two evaluations.
    """
    budgeted = [each for each in promises if has_error_budget(each)]
    for promise in budgeted:
        alone = not any(_share_series(promise, other) for other in budgeted if other is not promise)
        paces = _Paces(links, promise, alone=alone)
        for burn in burns_of(window_of(promise)):
            yield paces.steady(burn, _FASTER, step)
            yield paces.steady(burn, _SLOWER, step)
        yield paces.too_few(step)
        yield paces.idle(step)
        yield paces.burst(step)


def long_burst(promise: Promise) -> float:
    """Return about how many seconds the longest of a promise's trials lasts: the burst after a good stretch."""
    steepest = burns_of(window_of(promise))[0]
    return (_BEFORE + 1) * steepest.long + steepest.short + promise.rate


class _Paces:
    """The trials of one promise.

    Args:
        links: Whereto the alerts lead.
        promise: With an error budget.
        alone: Whether no other error budget sees the same series, so that all alerts can be foretold.
    """

    def __init__(self, links: Links, promise: Promise, *, alone: bool) -> None:
        self._links = links
        self._promise = promise
        self._alone = alone
        self._may = allowed(promise)
        self._burns = burns_of(window_of(promise))

    def steady(self, burn: Burn, times: float, step: float) -> Trial:
        """Tell whom a steady pace wakes that is a little faster or slower than one that is watched for."""
        pace = burn.factor * times
        bad = pace * self._may
        if bad > 1:
            bad = (1 + burn.factor * self._may) / 2
        at = self._promise.rate + _A_WHILE * step
        firing = {
            each.severity: self._firing(each.severity, bad) for each in self._burns if each.factor * self._may < bad
        }
        name = f"knows whom it wakes that its error budget is spent {human(bad / self._may)} times too fast"
        phases = (Phase(at + step, busy(self._fed(bad), self._promise)),)
        return Trial(self._named(name), phases, self._checks([(at, firing)]))

    def too_few(self, step: float) -> Trial:
        """Be silent when all is bad, and next to nothing is all."""
        at = self._promise.rate + _A_WHILE * step
        phases = (Phase(at + step, scarce(self._fed(1.0), self._promise)),)
        return Trial(self._named("is silent when too little happens to judge by"), phases, self._checks([(at, {})]))

    def idle(self, step: float) -> Trial:
        """Be silent while nothing happens."""
        at = self._promise.rate + _A_WHILE * step
        shares = (str(recorded(series.bad_share(window), self._promise)) for window in windows_of(self._promise))
        values = tuple((at, share, None) for share in shares)
        phases = (Phase(at + step, still(self._fed(1.0))),)
        return Trial(self._named("is silent while nothing happens"), phases, self._checks([(at, {})]), values)

    def burst(self, step: float) -> Trial:
        """Wake somebody in time after a good stretch, and nobody any more soon after the burst has ended."""
        steepest = self._burns[0]
        bad = min(1.0, 2 * steepest.factor * self._may)
        rate = self._promise.rate
        notice = whole(noticed_after(steepest, 1 - self._may, bad, rate) or steepest.long, step)
        lasts = notice + 4 * step
        drowned = lasts * (_CLEARLY * bad / self._may / self._burns[1].factor - 1)  # beside so much it is no burn
        good = whole(max(_BEFORE * steepest.long, drowned), step)
        after = whole(steepest.short + rate + 2 * step, step)
        name = "wakes somebody in time, and nobody any more when the burst has ended"
        phases = [(good, 0.0), (lasts, bad), (after + step, 0.0)]
        early, late, over = good + notice - 4 * step, good + lasts - step, good + lasts + after
        checks = [Check(at, BURN, firing, self._critical()) for at, firing in self._of_burst(early, late, over)]
        return Trial(self._named(name), tuple(self._phases(phases)), tuple(checks))

    def _of_burst(self, early: float, late: float, over: float) -> Iterator[tuple[float, tuple[Firing, ...]]]:
        labels = {**self._promise.labels, **labels_of(self._promise, Severity.CRITICAL)}
        yield early, ()
        yield late, (Firing(labels, {}),)
        yield over, ()

    def _phases(self, phases: Iterable[tuple[float, float]]) -> Iterator[Phase]:
        for lasts, bad in phases:
            yield Phase(lasts, busy(self._fed(bad), self._promise))

    def _checks(self, checks: Iterable[tuple[float, Mapping[Severity, Firing]]]) -> tuple[Check, ...]:
        of = None if self._alone else self._promise.labels
        return tuple(Check(at, BURN, tuple(firing.values()), of) for at, firing in checks)

    def _named(self, name: str) -> str:
        return f"{BURN} of {self._promise.slug}: {name}"

    def _critical(self) -> dict[str, str]:
        return {**self._promise.labels, "severity": Severity.CRITICAL.value}

    def _fed(self, bad: float) -> tuple[Fed, ...]:
        events = self._promise.events
        return events.fed_share(bad, self._promise.bound) if events is not None else ()

    def _firing(self, severity: Severity, bad: float) -> Firing:
        promise = self._promise
        endpoint = promise.endpoint.name if promise.endpoint else ""
        texts = shown(texts_of(self._links, promise, severity), human(bad / self._may), endpoint)
        return Firing({**promise.labels, **labels_of(promise, severity)}, texts)


def _share_series(one: Promise, other: Promise) -> bool:
    names = [{selector.name for selector in each.events.reads()} if each.events else set() for each in (one, other)]
    return bool(names[0] & names[1])
