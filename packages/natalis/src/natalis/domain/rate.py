"""How fast is too fast: token buckets as values, lanes per receiving domain, and the warm-up of a new sender.

Nothing here reads a clock or waits: a bucket is asked how much may go now, and when more may.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from natalis.errors import InvalidInput

_ROUNDING = 1e-9  # tokens; keeps a sum of floats that should be a whole token from being a hair less


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `per_second` in the long run, and `burst` at once.

    Attributes:
        per_second: Messages a second; above 0, may be a fraction (`1 / 60` is one a minute).
        burst: What a rested bucket holds; at least 1.
    """

    per_second: float
    burst: int = 1

    def __post_init__(self) -> None:
        """Refuse what no message could ever pass."""
        if not (self.per_second > 0 and math.isfinite(self.per_second)):
            raise InvalidInput("rate", f"{self.per_second} messages a second never ends", "give a number above 0")
        if self.burst < 1:
            raise InvalidInput("burst", f"{self.burst} lets nothing pass", "give 1 or more")

    @property
    def interval(self) -> timedelta:
        """The time one token takes to come, rounded up to the microsecond so that it is there when it is due."""
        return timedelta(microseconds=math.ceil(1e6 / self.per_second))


def rate_of(per_second: float) -> Rate:
    """Return a rate that lets a second's worth go at once (at least one).

    The first second after a rest may so carry twice as much. That is well for a pace of our own; where somebody else
    counts, see `domain/limit.py`.
    """
    return Rate(per_second, max(1, round(per_second)))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens at an instant. Its rate is passed to each function, so that a rate may change while a bucket lives.

    Attributes:
        tokens: How many there were at `at`.
        at: When (UTC).
    """

    tokens: float
    at: datetime


def full_bucket(rate: Rate, *, now: datetime) -> Bucket:
    """Return a rested bucket."""
    return Bucket(float(rate.burst), now)


def available(bucket: Bucket, rate: Rate, *, now: datetime) -> int:
    """Return how many may go at `now`."""
    return max(0, math.floor(_tokens(bucket, rate, now) + _ROUNDING))


def spend(bucket: Bucket, rate: Rate, count: int, *, now: datetime) -> Bucket:
    """Return the bucket after `count` have gone; more than was available puts it in debt.

    With a clock that was set back it begins at the new time, or it would stand still until the old one came again.
    """
    return Bucket(_tokens(bucket, rate, now) - count, now)


def next_at(bucket: Bucket, rate: Rate, *, now: datetime, count: int = 1) -> datetime:
    """Return the first instant at which `count` (at most the burst) may go; `now` when they may already."""
    missing = min(count, rate.burst) - _tokens(bucket, rate, now)
    if missing <= _ROUNDING:
        return now
    return now + timedelta(microseconds=math.ceil(missing / rate.per_second * 1e6))


@dataclass(frozen=True, slots=True)
class Lane:
    """The way to one receiving domain: its bucket, and up to when its coming tokens are promised.

    Whoever must wait gets a slot of their own behind all earlier ones, so that a herd comes back spread out instead of
    all together, to be turned away again.
    """

    bucket: Bucket
    promised: datetime


def open_lane(rate: Rate, *, now: datetime) -> Lane:
    """Return a lane nobody waits in."""
    return Lane(full_bucket(rate, now=now), now)


def admit(lane: Lane, rate: Rate, *, now: datetime) -> tuple[Lane, datetime | None]:
    """Return the lane after one more asked to go, and None when it may, else the instant at which to ask again."""
    set_back = max(timedelta(0), lane.bucket.at - now)
    bucket, promised = spend(lane.bucket, rate, 0, now=now), lane.promised - set_back
    if available(bucket, rate, now=now) >= 1:
        return Lane(spend(bucket, rate, 1, now=now), promised), None
    slot = max(next_at(bucket, rate, now=now), promised + rate.interval)
    return Lane(bucket, slot), slot


def is_idle(lane: Lane, rate: Rate, *, now: datetime) -> bool:
    """Whether forgetting the lane changes nothing: its bucket is full and no slot is promised."""
    return lane.promised <= now and available(lane.bucket, rate, now=now) >= rate.burst


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A new sender's ramp: mailbox providers trust a stranger's volume only as it grows.

    Attributes:
        began_at: When the first message went out (UTC).
        first: The share of the full rate allowed then, in (0, 1].
        over: How long until the full rate; the share grows by the same factor every day.
    """

    began_at: datetime
    first: float = 0.01
    over: timedelta = timedelta(days=30)


def warmed(rate: Rate, warm_up: WarmUp | None, *, now: datetime) -> Rate:
    """Return what is left of `rate` at this point of the ramp; the whole of it after its end."""
    if warm_up is None or now >= warm_up.began_at + warm_up.over:
        return rate
    gone = max(0.0, (now - warm_up.began_at) / warm_up.over)
    share = warm_up.first ** (1 - gone)
    return Rate(rate.per_second * share, max(1, math.floor(rate.burst * share)))


def _tokens(bucket: Bucket, rate: Rate, now: datetime) -> float:
    elapsed = max(0.0, (now - bucket.at).total_seconds())
    return min(float(rate.burst), bucket.tokens + elapsed * rate.per_second)
