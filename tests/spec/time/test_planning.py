"""Rule: each occasion is planned or set aside by itself; a year is planned once and the next one follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.occasion import BIRTHDAY, KindRule, Occasion, Until
from natalis.domain.planning import Plan, Plannable, Quarantine, decide_plans, decide_retime
from natalis.domain.scheduling import arrive
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.testing.builders import a_profile, a_rulebook, a_user

BOOK = a_rulebook()
NOW = datetime(2026, 1, 15, tzinfo=UTC)


def plannable(
    birthday: str = "1990-06-01", timezone: str = "Europe/Paris", leap_day: LeapDay | None = None
) -> Plannable:
    user = a_user(a_profile(birthday=birthday, timezone=timezone, leap_day=leap_day))
    (occasion,) = arrive(user, {}, BOOK, now=NOW)
    return Plannable(occasion, timezone, leap_day)


def test_the_following_firing_is_a_year_on() -> None:
    (decision,) = decide_plans([plannable()], BOOK)

    assert isinstance(decision, Plan)
    assert decision.following.occasion_date == date(2027, 6, 1)


def test_the_users_word_on_leap_day_holds_for_the_following_year_too() -> None:
    (decision,) = decide_plans([plannable("1996-02-29", leap_day=LeapDay.OMIT)], BOOK)

    assert isinstance(decision, Plan)
    assert decision.following.occasion_date == date(2032, 2, 29)


@pytest.mark.parametrize(
    "bad",
    [
        replace(plannable(), timezone="Mars/Olympus"),
        replace(plannable(), occasion=replace(plannable().occasion, kind="nameday")),
        replace(plannable(), occasion=replace(plannable().occasion, upcoming=None)),
        replace(plannable(), occasion=replace(plannable().occasion, on=YearlyDate(2, 30))),
    ],
)
def test_one_that_cannot_be_planned_is_set_aside_and_the_others_go_on(bad: Plannable) -> None:
    first, aside, last = decide_plans([plannable(), bad, plannable()], BOOK)

    assert isinstance(first, Plan)
    assert isinstance(last, Plan)
    assert isinstance(aside, Quarantine)
    assert aside.plannable is bad
    assert aside.reason


def test_after_long_downtime_every_year_is_planned_in_its_turn() -> None:
    waiting, years = plannable(), list[int]()
    for _ in range(3):
        (decision,) = decide_plans([waiting], BOOK)
        assert isinstance(decision, Plan)
        years.append(decision.following.occasion_date.year)
        waiting = replace(waiting, occasion=replace(waiting.occasion, upcoming=decision.following))

    assert years == [2027, 2028, 2029]


def test_nothing_is_retimed_while_the_same_zones_and_rules_hold() -> None:
    assert decide_retime(plannable(), BOOK) is None


def test_a_changed_lateness_budget_moves_the_end_and_not_the_instant() -> None:
    known = plannable()
    until_six = a_rulebook(KindRule(BIRTHDAY, lateness=Until(time(18))))

    found = decide_retime(known, until_six)

    assert found is not None
    assert known.occasion.upcoming is not None
    assert found.upcoming.fire_at == known.occasion.upcoming.fire_at
    assert found.upcoming.expires_at == known.occasion.upcoming.fire_at + timedelta(hours=9)


@pytest.mark.parametrize(("may_have_arrived", "moves"), [(False, True), (True, False)])
def test_a_pending_delivery_is_retimed_unless_it_may_have_arrived(may_have_arrived: bool, moves: bool) -> None:
    known = plannable()
    key = DeliveryKey(known.occasion.user_id, BIRTHDAY, date(2026, 6, 1))
    wrong = datetime(2026, 6, 1, 5, tzinfo=UTC)
    pending = Delivery(key, Status.RETRYING, wrong, wrong, wrong, "Europe/Paris", may_have_arrived=may_have_arrived)

    found = decide_retime(replace(known, pending=(pending,)), BOOK)

    assert (found is not None and key in found.moved) is moves


def test_an_occasion_that_was_set_aside_is_not_retimed() -> None:
    aside = Occasion("ada", BIRTHDAY, YearlyDate(6, 1), quarantined="no such zone")

    assert decide_retime(Plannable(aside, "Mars/Olympus", None), BOOK) is None
