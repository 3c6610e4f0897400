"""How long a delivery that is replayed by hand may be late."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from natalis.domain.occasion import BIRTHDAY, KindRule, Until, Within
from natalis.domain.replay import replay_deadline
from natalis.testing.builders import ZONES

TOKYO = ZONES.get("Asia/Tokyo")  # UTC+9 all year
UNTIL_SIX = KindRule(BIRTHDAY, lateness=Until(time(18)))


def test_a_budget_of_hours_runs_from_now() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    rule = KindRule(BIRTHDAY, lateness=Within(timedelta(hours=5)))
    assert replay_deadline(rule, TOKYO, now=now) == now + timedelta(hours=5)


def test_until_a_local_time_means_todays_while_it_is_ahead() -> None:
    now = datetime(2026, 6, 1, 8, 59, tzinfo=UTC)  # 17:59 in Tokyo
    assert replay_deadline(UNTIL_SIX, TOKYO, now=now) == datetime(2026, 6, 1, 9, tzinfo=UTC)


def test_until_a_local_time_that_has_come_means_tomorrows() -> None:
    now = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)  # 18:00 in Tokyo
    assert replay_deadline(UNTIL_SIX, TOKYO, now=now) == datetime(2026, 6, 2, 9, tzinfo=UTC)
