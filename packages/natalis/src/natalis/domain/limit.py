"""A limit that somebody else sets and counts: no more than so many in any second, wherever their seconds begin.

A token bucket cannot keep it: one that holds a second's worth lets twice that through in its first second, and one
that holds little loses whatever comes while its owner is busy (on a busy machine a quarter of the rate was left). So
what went is remembered for as long as it counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_GRAINS = 100  # of a span: what went within one of them is remembered as one
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in any `span`.

    Attributes:
        count: At least 1.
        span: A second, or a little more where that makes `count` whole.
    """

    count: int
    span: timedelta


def limit_of(per_second: float) -> Limit:
    """Return the limit of so many a second: 50 in any second, 3 in any 1.2 s for 2.5, one in any 10 s for 0.1."""
    count = math.ceil(per_second)
    return Limit(count, timedelta(microseconds=math.ceil(count / per_second * 1e6)))


@dataclass(frozen=True, slots=True)
class Window:
    """What went and still counts.

    Attributes:
        gone: How many, by the instant (UTC) from which on they count no more; the earliest first.
    """

    gone: tuple[tuple[datetime, int], ...] = ()


def at_present(window: Window, limit: Limit, *, now: datetime) -> Window:
    """Return the window without what counts no more; after a clock was set back nothing counts longer than a span."""
    latest = _until(now, limit)
    return Window(tuple((min(until, latest), count) for until, count in window.gone if until > now))


def room(window: Window, limit: Limit, *, now: datetime) -> int:
    """Return how many may go at `now`."""
    return max(0, limit.count - sum(count for until, count in window.gone if until > now))


def note(window: Window, limit: Limit, *, now: datetime) -> Window:
    """Return the window after one more has gone."""
    gone, until = window.gone, _until(now, limit)
    if gone and gone[-1][0] >= until:
        return Window((*gone[:-1], (gone[-1][0], gone[-1][1] + 1)))
    return Window((*gone, (until, 1)))


def room_at(window: Window, limit: Limit, *, now: datetime) -> datetime:
    """Return the first instant at which one may go; `now` when it may already."""
    left, at = room(window, limit, now=now), now
    for until, count in window.gone:
        if left > 0:
            break
        if until > now:
            left, at = left + count, until
    return at


def _until(now: datetime, limit: Limit) -> datetime:
    """Return when what goes at `now` counts no more, on a grid of grains, rounded up."""
    grain = max(1, limit.span // _MICROSECOND // _GRAINS)
    return _EPOCH + -(-((now + limit.span - _EPOCH) // _MICROSECOND) // grain) * grain * _MICROSECOND
