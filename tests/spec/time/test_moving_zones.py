"""Rule: who moves to another zone keeps their day: what is pending follows, what was sent is not sent again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from natalis.domain.delivery import SUPERSEDED, Delivery, DeliveryKey, Status
from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY, KindRule, Occasion, Until
from natalis.domain.person import Person, PersonChange
from natalis.domain.planning import Plan, Plannable, decide_plans
from natalis.domain.rulebook import Rulebook
from natalis.domain.scheduling import Yearly, amend, arrive, further_dates
from natalis.domain.user import Profile
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import InvalidInput, UnknownZone
from natalis.testing.builders import a_profile, a_rulebook, a_user

BOOK = a_rulebook()
TOKYO, LONDON, LOS_ANGELES, KIRITIMATI, NIUE = (
    *("Asia/Tokyo", "Europe/London", "America/Los_Angeles"),
    *("Pacific/Kiritimati", "Pacific/Niue"),
)
DAY = date(2026, 6, 1)
LONG_AGO = datetime(2025, 7, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NINE_IN = {
    TOKYO: utc("2026-06-01 00:00"),
    LONDON: utc("2026-06-01 08:00"),
    LOS_ANGELES: utc("2026-06-01 16:00"),
    KIRITIMATI: utc("2026-05-31 19:00"),
    NIUE: utc("2026-06-01 20:00"),
}


@dataclass(frozen=True)
class Ada:
    """Someone born on 1 June whom the planner has reached (`planned`) or not."""

    zone: str
    planned: bool = True
    book: Rulebook = BOOK
    birthday: str = "1990-06-01"

    @property
    def person(self) -> Person:
        user = a_user(a_profile(birthday=self.birthday, timezone=self.zone), now=LONG_AGO)
        (occasion,) = arrive(user, {}, self.book, now=LONG_AGO)
        if not self.planned:
            return Person(user, {BIRTHDAY: occasion})
        (decision,) = decide_plans([Plannable(occasion, self.zone, None)], self.book)
        assert isinstance(decision, Plan)
        assert occasion.upcoming is not None
        key = DeliveryKey(user.id, BIRTHDAY, occasion.upcoming.occasion_date)
        fire_at, expires_at = occasion.upcoming.fire_at, occasion.upcoming.expires_at
        delivery = Delivery(key, Status.SCHEDULED, fire_at, fire_at, expires_at, self.zone)
        return Person(user, {BIRTHDAY: replace(occasion, upcoming=decision.following)}, (delivery,))

    def with_delivery(self, status: Status, *, may_have_arrived: bool = False, reason: str = "") -> Person:
        person = self.person
        (delivery,) = person.deliveries
        return replace(
            person,
            deliveries=(replace(delivery, status=status, may_have_arrived=may_have_arrived, reason=reason),),
        )


def a_pending(key: DeliveryKey, fire_at: str) -> Delivery:
    fires = utc(fire_at)
    return Delivery(key, Status.SCHEDULED, fires, fires, fires + timedelta(hours=24), TOKYO)


def move(person: Person, zone: str, at: str, book: Rulebook = BOOK) -> PersonChange:
    profile = replace(person.user.profile, timezone=zone)
    return amend(person, profile, further_dates(person), book, now=utc(at))


def change(person: Person, profile: Profile, at: str) -> PersonChange:
    return amend(person, profile, further_dates(person), BOOK, now=utc(at))


def next_date(outcome: PersonChange, kind: str = BIRTHDAY) -> date:
    upcoming = outcome.occasions[kind].upcoming
    assert upcoming is not None
    return upcoming.occasion_date


@pytest.mark.parametrize(
    ("start", "end", "at"),
    [
        (TOKYO, LOS_ANGELES, "2026-05-31 20:00"),  # west, ahead of nine in both
        (LONDON, TOKYO, "2026-06-01 01:00"),  # east, past nine there: due at once
        (LOS_ANGELES, KIRITIMATI, "2026-06-01 15:30"),  # east over the date line: it is 2 June there already
        (KIRITIMATI, NIUE, "2026-05-31 18:00"),  # west by 25 hours
    ],
)
@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.QUEUED, Status.RETRYING])
def test_a_pending_delivery_follows_to_nine_in_the_new_zone(start: str, end: str, at: str, status: Status) -> None:
    person = Ada(start).with_delivery(status)

    outcome = move(person, end, at)

    ((key, firing),) = outcome.moved.items()
    assert key == person.deliveries[0].key
    assert (firing.occasion_date, firing.fire_at) == (DAY, NINE_IN[end])
    assert not outcome.cancelled
    assert next_date(outcome) == date(2027, 6, 1)


@pytest.mark.parametrize(
    ("start", "end", "at"),
    [
        (TOKYO, LOS_ANGELES, "2026-05-31 20:00"),
        (LONDON, TOKYO, "2026-06-01 01:00"),
        (LOS_ANGELES, KIRITIMATI, "2026-06-01 15:30"),
        (KIRITIMATI, NIUE, "2026-05-31 18:00"),
    ],
)
def test_what_the_planner_has_not_reached_follows_just_as_well(start: str, end: str, at: str) -> None:
    outcome = move(Ada(start, planned=False).person, end, at)

    upcoming = outcome.occasions[BIRTHDAY].upcoming
    assert upcoming is not None
    assert (upcoming.occasion_date, upcoming.fire_at) == (DAY, NINE_IN[end])


def test_an_unplanned_day_that_the_move_overtakes_stays_to_be_missed_in_the_ledger() -> None:
    book = a_rulebook(KindRule(BIRTHDAY, lateness=Until(time(18))))
    person = Ada(LOS_ANGELES, planned=False, book=book).person

    outcome = move(person, KIRITIMATI, "2026-06-01 15:30", book)

    upcoming = outcome.occasions[BIRTHDAY].upcoming
    assert upcoming is not None
    assert upcoming.occasion_date == DAY
    assert upcoming.expires_at < utc("2026-06-01 15:30")


@pytest.mark.parametrize("at", ["2026-06-01 00:05", "2026-06-01 10:00"])
@pytest.mark.parametrize("end", [LONDON, LOS_ANGELES, NIUE])
def test_what_was_sent_this_year_is_not_sent_again_further_west(end: str, at: str) -> None:
    outcome = move(Ada(TOKYO).with_delivery(Status.SENT), end, at)

    assert not outcome.moved
    assert not outcome.cancelled
    assert next_date(outcome) == date(2027, 6, 1)


@pytest.mark.parametrize(
    ("status", "may_have_arrived"), [(Status.SENDING, False), (Status.RETRYING, True), (Status.FAILED, True)]
)
def test_what_may_have_arrived_is_left_to_end_and_uses_its_year(status: Status, may_have_arrived: bool) -> None:
    person = Ada(TOKYO).with_delivery(status, may_have_arrived=may_have_arrived)

    outcome = move(person, LOS_ANGELES, "2026-06-01 00:05")

    assert not outcome.moved
    assert not outcome.cancelled
    assert next_date(outcome) == date(2027, 6, 1)


def test_what_an_operator_cancelled_stays_cancelled() -> None:
    outcome = move(Ada(TOKYO).with_delivery(Status.CANCELLED, reason="on request"), LONDON, "2026-06-01 00:05")

    assert not outcome.moved
    assert next_date(outcome) == date(2027, 6, 1)


def test_a_missed_day_has_another_chance_where_it_is_still_that_day() -> None:
    book = a_rulebook(KindRule(BIRTHDAY, lateness=Until(time(18))))
    person = Ada(TOKYO, book=book).with_delivery(Status.MISSED)

    outcome = move(person, LOS_ANGELES, "2026-06-01 09:30", book)

    ((_, firing),) = outcome.moved.items()
    assert firing.fire_at == NINE_IN[LOS_ANGELES]
    assert next_date(outcome) == date(2027, 6, 1)


@pytest.mark.parametrize("at", ["2026-06-02 07:30", "2026-06-03 00:00"])
def test_a_missed_day_that_is_over_in_the_new_zone_too_stays_missed(at: str) -> None:
    outcome = move(Ada(TOKYO).with_delivery(Status.MISSED), LOS_ANGELES, at)

    assert not outcome.moved
    assert next_date(outcome) == date(2027, 6, 1)


def test_a_missed_day_stays_missed_when_another_day_of_its_year_was_sent() -> None:
    person = Ada(TOKYO).with_delivery(Status.MISSED)
    (missed,) = person.deliveries
    other = replace(missed, key=missed.key._replace(occasion_date=date(2026, 5, 20)), status=Status.SENT)

    outcome = move(replace(person, deliveries=(other, missed)), LOS_ANGELES, "2026-06-01 09:30")

    assert not outcome.moved
    assert next_date(outcome) == date(2027, 6, 1)


def test_what_the_planner_has_not_reached_gives_way_when_its_year_was_used_meanwhile() -> None:
    sent = Ada(TOKYO).with_delivery(Status.SENT).deliveries[0]
    other = replace(sent, key=sent.key._replace(occasion_date=date(2026, 5, 20)))

    outcome = move(replace(Ada(TOKYO, planned=False).person, deliveries=(other,)), LONDON, "2026-05-31 12:00")

    assert next_date(outcome) == date(2027, 6, 1)


def test_a_move_to_an_alias_moves_nothing() -> None:
    outcome = move(Ada("Europe/Kyiv").with_delivery(Status.RETRYING), "Europe/Kiev", "2026-05-31 12:00")

    assert not outcome.moved
    assert not outcome.cancelled
    assert next_date(outcome) == date(2027, 6, 1)
    assert outcome.user.profile.timezone == "Europe/Kiev"


def test_a_change_of_name_touches_no_occasion_and_no_delivery() -> None:
    person = Ada(TOKYO).person

    outcome = change(person, replace(person.user.profile, first_name="Augusta"), "2026-06-01 03:00")

    assert not outcome.moved
    assert not outcome.cancelled
    assert outcome.occasions == person.occasions
    assert outcome.user.version == person.user.version + 1


def test_a_new_birthday_supersedes_the_pending_delivery_of_the_old_one() -> None:
    person = Ada(TOKYO).person

    outcome = change(person, replace(person.user.profile, birthday=YearlyDate(6, 10, 1990)), "2026-05-31 12:00")

    assert outcome.cancelled == {person.deliveries[0].key: SUPERSEDED}
    assert next_date(outcome) == date(2026, 6, 10)


def test_a_birthday_corrected_after_the_message_went_out_waits_for_next_year() -> None:
    person = Ada(TOKYO).with_delivery(Status.SENT)

    outcome = change(person, replace(person.user.profile, birthday=YearlyDate(6, 10, 1990)), "2026-06-01 12:00")

    assert not outcome.cancelled
    assert next_date(outcome) == date(2027, 6, 10)


def test_a_birthday_changed_and_changed_back_is_this_year_again() -> None:
    person = Ada(TOKYO).with_delivery(Status.CANCELLED, reason=SUPERSEDED)
    elsewhere = replace(person.user, profile=replace(person.user.profile, birthday=YearlyDate(6, 10, 1990)))
    occasion = Occasion(person.user.id, BIRTHDAY, YearlyDate(6, 10, 1990))

    outcome = change(
        replace(person, user=elsewhere, occasions={BIRTHDAY: occasion}), person.user.profile, "2026-05-31 12:00"
    )

    assert next_date(outcome) == DAY


def test_a_year_of_birth_that_becomes_known_moves_nothing() -> None:
    person = Ada(TOKYO, birthday="--06-01").with_delivery(Status.RETRYING)

    outcome = change(person, replace(person.user.profile, birthday=YearlyDate(6, 1, 1990)), "2026-05-31 12:00")

    assert not outcome.moved
    assert not outcome.cancelled
    assert next_date(outcome) == date(2027, 6, 1)


def test_a_new_word_on_leap_day_moves_the_day_and_supersedes_what_was_pending() -> None:
    user = a_user(a_profile(birthday="1996-02-29", timezone=TOKYO), now=LONG_AGO)
    key = DeliveryKey(user.id, BIRTHDAY, date(2026, 2, 28))
    pending = a_pending(key, "2026-02-28 00:00")
    person = Person(user, {BIRTHDAY: Occasion(user.id, BIRTHDAY, YearlyDate(2, 29, 1996))}, (pending,))

    outcome = change(person, replace(user.profile, leap_day=LeapDay.FORWARD), "2026-02-27 12:00")

    assert outcome.cancelled == {key: SUPERSEDED}
    assert next_date(outcome) == date(2026, 3, 1)


def test_a_kind_that_is_taken_away_supersedes_its_pending_delivery_alone() -> None:
    person = Ada(TOKYO).person
    key = DeliveryKey(person.user.id, ANNIVERSARY, date(2026, 6, 2))
    pending = a_pending(key, "2026-06-02 00:00")

    outcome = amend(
        replace(person, deliveries=(*person.deliveries, pending)),
        person.user.profile,
        {},
        BOOK,
        now=utc("2026-05-31 12:00"),
    )

    assert outcome.cancelled == {key: SUPERSEDED}
    assert set(outcome.occasions) == {BIRTHDAY}


def test_an_unknown_zone_is_refused_whatever_stands() -> None:
    with pytest.raises(UnknownZone):
        move(Ada(TOKYO).person, "Asia/Tokio", "2026-05-31 12:00")


def test_a_kind_that_is_new_to_the_person_must_be_configured() -> None:
    person = Ada(TOKYO).person

    with pytest.raises(InvalidInput, match="nameday"):
        amend(person, person.user.profile, {"nameday": Yearly(YearlyDate(6, 1))}, BOOK, now=utc("2026-05-31 12:00"))


def test_a_kind_that_is_not_configured_any_more_is_set_aside_and_holds_up_nobody() -> None:
    person = Ada(TOKYO).person
    orphan = Occasion(person.user.id, "nameday", YearlyDate(7, 1))

    outcome = move(replace(person, occasions={**person.occasions, "nameday": orphan}), LONDON, "2026-05-31 12:00")

    assert outcome.moved
    assert "nameday" in (outcome.occasions["nameday"].quarantined or "")
    assert outcome.occasions["nameday"].upcoming is None


def test_one_who_was_set_aside_for_a_bad_zone_is_back_once_the_zone_is_mended() -> None:
    person = Ada(TOKYO, planned=False).person
    broken = replace(
        person,
        user=replace(person.user, profile=replace(person.user.profile, timezone="Asia/Tokio")),
        occasions={BIRTHDAY: replace(person.occasions[BIRTHDAY], upcoming=None, quarantined="no such zone")},
    )

    renamed = change(broken, replace(broken.user.profile, first_name="Augusta"), "2026-05-31 12:00")
    mended = move(broken, TOKYO, "2026-05-31 12:00")

    assert renamed.occasions[BIRTHDAY].quarantined == "no such zone"
    assert mended.occasions[BIRTHDAY].quarantined is None
    assert next_date(mended) == DAY
