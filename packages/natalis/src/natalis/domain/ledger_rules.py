"""Why a message is due when it is: the rules behind one firing, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import assert_never

from natalis.domain.calendar import firing_in, spread_offset
from natalis.domain.civil_time import Fold, Gap, Unambiguous, resolve
from natalis.domain.occasion import Firing, KindRule, Occasion, Until, Within

_UNITS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))


def span_text(span: timedelta) -> str:
    """Write a duration in its two largest units, as in `3 h 20 min` or `2 s`."""
    if span < timedelta(0):
        return f"minus {span_text(-span)}"
    parts = []
    for unit, name in _UNITS:
        count, span = divmod(span, unit)
        if count:
            parts.append(f"{count} {name}")
    seconds = round(span.total_seconds(), 3)
    if seconds or not parts:
        parts.append(f"{seconds:g} s")
    return " ".join(parts[:2])


def local_text(instant: datetime, zone: tzinfo) -> str:
    """Write an instant as the wall clock shows it, with the instant in UTC behind it."""
    local, utc = instant.astimezone(zone), instant.astimezone(UTC)
    return f"{local:%Y-%m-%d %H:%M:%S %Z} ({utc:%Y-%m-%dT%H:%M:%SZ})"


def rules_of(
    firing: Firing, occasion: Occasion | None, rule: KindRule, zone: tzinfo, timezone: str, *, user_id: str
) -> tuple[str, ...]:
    """Return the rules that made this firing, a sentence each.

    Args:
        firing: What was or will be due.
        occasion: As it stands today, with the leap day that counts for this person; None when it is gone.
        rule: The rules of its kind, as they stand today.
        zone: The zone it was computed in.
        timezone: That zone's name.
        user_id: Whose.
    """
    return (
        *_leap_day(firing.occasion_date, occasion, rule),
        _send_time(firing.occasion_date, rule, zone, timezone),
        *_spread(user_id, rule),
        _lateness(firing, rule, zone),
        *_changed(firing, occasion, rule, zone),
    )


def _leap_day(day: date, occasion: Occasion | None, rule: KindRule) -> Iterable[str]:
    if occasion is None or not occasion.on.is_leap_day or (day.month, day.day) == (2, 29):
        return
    whose = f"the rule of {rule.kind}" if occasion.leap_day is None else "this person's own word"
    word = occasion.leap_day or rule.leap_day
    yield f"{day.year} has no 29 February: by {whose}, '{word}', it falls on {day}."


def _send_time(day: date, rule: KindRule, zone: tzinfo, timezone: str) -> str:
    said = f"A {rule.kind} message goes out at {rule.send_time:%H:%M} local time, here of {timezone}"
    match resolve(day, rule.send_time, zone):
        case Unambiguous():
            return f"{said}."
        case Gap(before, _):
            return (
                f"{said}; the clocks jump over that time on {day}, so it is {before.astimezone(zone):%Y-%m-%d %H:%M}."
            )
        case Fold():
            return f"{said}; that time comes twice on {day}, and the first one counts."
        case other:
            assert_never(other)


def _spread(user_id: str, rule: KindRule) -> Iterable[str]:
    if rule.spread > timedelta(0):
        own = span_text(spread_offset(user_id, rule.kind, rule.spread))
        yield f"People are spread over {span_text(rule.spread)}: this person's own delay is {own}."


def _lateness(firing: Firing, rule: KindRule, zone: tzinfo) -> str:
    match rule.lateness:
        case Within(budget):
            limit = f"for {span_text(budget)}"
        case Until(local):
            limit = f"until {local:%H:%M} local time"
        case other:
            assert_never(other)
    tolerance = f"later than {span_text(rule.tolerance)} counts as late"
    return f"It may be late {limit}, here until {local_text(firing.expires_at, zone)}; {tolerance}."


def _changed(firing: Firing, occasion: Occasion | None, rule: KindRule, zone: tzinfo) -> Iterable[str]:
    if occasion is None:
        return
    try:
        today = firing_in(occasion, rule, zone, year=firing.occasion_date.year)
    except ValueError:  # a stored date that is none, such as 30 February
        today = None
    if today is None or (today.occasion_date, today.fire_at) != (firing.occasion_date, firing.fire_at):
        yield "The date, the rules or the time-zone database have changed since: the stored instant counts."
