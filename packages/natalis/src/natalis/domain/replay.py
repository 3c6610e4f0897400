"""Replay: how long a delivery that is sent again by hand may be late."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import assert_never

from natalis.domain.civil_time import instant_of, local_date
from natalis.domain.occasion import KindRule, Until, Within


def replay_deadline(rule: KindRule, zone: tzinfo, *, now: datetime) -> datetime:
    """Return until when (UTC) a delivery replayed at `now` may be sent: its kind's lateness budget from now.

    Until a local time means today's, or tomorrow's when today's has passed.
    """
    match rule.lateness:
        case Within(budget):
            return now + budget
        case Until(local):
            today = local_date(now, zone)
            last = instant_of(today, local, zone)
            return last if last > now else instant_of(today + timedelta(days=1), local, zone)
        case other:
            assert_never(other)
