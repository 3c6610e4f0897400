"""A circuit breaker as a value: closed, open or half-open, moved only by what came of calls and by time.

An outage pauses delivery instead of burning everybody's attempts. Only an outcome that says that the provider *as a
whole* is ill, or that no answer came, counts against it; one recipient's refusal does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from natalis.domain.outcome import Deferred, Delivered, Outcome, Refused, Unknown, Withheld


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """When it opens, for how long, and how it closes again.

    Attributes:
        window: How many of the latest outcomes are looked at.
        failures: This many bad ones among them open it.
        pause: How long it stays open the first time; every probe that fails doubles it.
        longest_pause: The longest it stays open.
        probes: How many calls may be under way while half-open, and how many good ones close it.
    """

    window: int = 20
    failures: int = 10
    pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(minutes=1)
    probes: int = 3


@dataclass(frozen=True, slots=True)
class Closed:
    """Calls go through. `recent` holds the latest outcomes as bits, newest lowest, 1 for a bad one."""

    recent: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """No calls until `until` (UTC); it was opened for `pause`."""

    until: datetime
    pause: timedelta


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """A few probes go through, of which `good` came back well; it had been open for `pause`."""

    pause: timedelta
    good: int = 0


Breaker: TypeAlias = Closed | Open | HalfOpen


def is_well(outcome: Outcome) -> bool | None:
    """Whether an outcome speaks for the provider's health; None when it says nothing about it."""
    match outcome:
        case Delivered() | Refused():
            return True
        case Deferred(outage=outage):
            return not outage
        case Unknown():
            return False
        case Withheld():
            return None
        case other:
            assert_never(other)


def observe(breaker: Breaker, rule: BreakerRule, *, well: bool, now: datetime) -> Breaker:
    """Return the breaker after one more call ended."""
    match breaker:
        case Closed(recent):
            seen = (recent << 1 | (not well)) & ((1 << rule.window) - 1)
            return Open(now + rule.pause, rule.pause) if seen.bit_count() >= rule.failures else Closed(seen)
        case HalfOpen(pause, good):
            if not well:
                longer = min(pause * 2, rule.longest_pause)
                return Open(now + longer, longer)
            return Closed() if good + 1 >= rule.probes else HalfOpen(pause, good + 1)
        case Open():
            return breaker  # a call that began before it opened says nothing new
        case other:
            assert_never(other)


def at_time(breaker: Breaker, *, now: datetime) -> Breaker:
    """Return the breaker as it stands at `now`: an open one whose pause is over is half-open.

    With a clock that was set back its pause begins anew, or it would last until the old time came again.
    """
    if not isinstance(breaker, Open):
        return breaker
    if now >= breaker.until:
        return HalfOpen(breaker.pause)
    return Open(min(breaker.until, now + breaker.pause), breaker.pause)


def allowance(breaker: Breaker, rule: BreakerRule, *, in_flight: int, free: int) -> int:
    """Return how many calls may begin, given how many are under way and how many slots are free.

    Half-open it counts what is under way instead of what was let through: a probe that never became a call (a
    duplicate, a suppressed recipient) must not use its permit up for ever.
    """
    match breaker:
        case Closed():
            return free
        case HalfOpen():
            return max(0, min(free, rule.probes - in_flight))
        case Open():
            return 0
        case other:
            assert_never(other)


def state_name(breaker: Breaker) -> str:
    """Return `closed`, `open` or `half-open`."""
    match breaker:
        case Closed():
            return "closed"
        case Open():
            return "open"
        case HalfOpen():
            return "half-open"
        case other:
            assert_never(other)
