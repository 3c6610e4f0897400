"""When an occasion fires: the one engine that computes fire times.

SQL never converts zones and nothing else in Natalis does; the page beside this file, `calendar.md`, states the rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta, tzinfo
from itertools import count
from typing import TypeAlias, assert_never

from natalis.domain.civil_time import instant_of, local_date
from natalis.domain.occasion import Firing, KindRule, Occasion, Until, Within
from natalis.domain.yearly_date import LeapDay

ZoneLookup: TypeAlias = Callable[[str], tzinfo]
"""From an IANA name to its zone; raises `UnknownZone`."""
_LONGEST_DELAY = timedelta(days=2)
"""More than any gap can put a message off: the longest was the day that Samoa left out."""


def first_firing(
    occasion: Occasion, rule: KindRule, zone: tzinfo, *, now: datetime, used_years: Collection[int] = ()
) -> Firing:
    """Return the firing that someone who arrives, or moves, at `now` is owed next.

    It is today's, even when its time has passed, as long as its lateness budget lasts and the year is not used;
    otherwise the first one ahead.

    Args:
        occasion: The yearly date; its `upcoming` is ignored.
        rule: The rules of its kind.
        zone: The user's zone.
        now: The present instant (UTC).
        used_years: Years in which a message of this kind was sent, or may have been.
    """
    today = local_date(now, zone)
    earliest = today - rule.spread - _LONGEST_DELAY  # the date of whoever fires today, at the earliest
    return next(
        firing
        for firing in _firings(occasion, rule, zone, from_year=earliest.year)
        if local_date(firing.fire_at, zone) >= today
        and firing.expires_at > now
        and firing.occasion_date.year not in used_years
    )


def next_firing(occasion: Occasion, rule: KindRule, zone: tzinfo, *, after: Firing) -> Firing:
    """Return the firing of the year that follows `after` (a later year still when 29 February is omitted)."""
    return next(_firings(occasion, rule, zone, from_year=after.occasion_date.year + 1))


def firing_in(occasion: Occasion, rule: KindRule, zone: tzinfo, *, year: int) -> Firing | None:
    """Return the firing whose occasion date lies in `year`; None when 29 February is omitted that year.

    However small the lateness budget, the firing stands as long as its message would count as on time (`tolerance`).
    """
    day = occasion.on.in_year(year, _leap_day(occasion, rule))
    if day is None:
        return None
    fire_at = instant_of(day, rule.send_time, zone) + spread_offset(occasion.user_id, occasion.kind, rule.spread)
    match rule.lateness:
        case Within(budget):
            return Firing(day, fire_at, fire_at + max(budget, rule.tolerance))
        case Until(local):
            last = instant_of(local_date(fire_at, zone), local, zone)
            return Firing(day, fire_at, max(last, fire_at + rule.tolerance))
        case other:
            assert_never(other)


def spread_offset(user_id: str, kind: str, window: timedelta) -> timedelta:
    """Return this person's own delay inside `window`: the same every year, even over people, zero without a window.

    Resolution is a millisecond. Source: the first 8 bytes of BLAKE2b of `user id : kind`, modulo the window.
    """
    span = window // timedelta(milliseconds=1)
    if span <= 0:
        return timedelta(0)
    digest = hashlib.blake2b(f"{user_id}:{kind}".encode(), digest_size=8).digest()
    return timedelta(milliseconds=int.from_bytes(digest) % span)


def _firings(occasion: Occasion, rule: KindRule, zone: tzinfo, *, from_year: int) -> Iterator[Firing]:
    for year in count(from_year):
        firing = firing_in(occasion, rule, zone, year=year)
        if firing is not None:
            yield firing


def _leap_day(occasion: Occasion, rule: KindRule) -> LeapDay:
    return occasion.leap_day or rule.leap_day
