"""Rule: however often a person is changed, at most one message of a kind uses a year, and nothing pending is lost.

A machine plays a person's life at random - they move, correct their birthday, change their mind about leap days, take
up and drop an anniversary - while messages are planned, sent, deferred, refused, lost and missed around them. The
store is played by the fewest lines that keep its contract (`ports/plans.py`, `ports/people.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from natalis.domain.calendar import firing_in
from natalis.domain.delivery import SUPERSEDED, Delivery, DeliveryKey, Status
from natalis.domain.lifecycle import PENDING
from natalis.domain.occasion import ANNIVERSARY, Firing, Occasion
from natalis.domain.person import Person
from natalis.domain.planning import Plan, Plannable, decide_plans
from natalis.domain.scheduling import Yearly, amend, arrive, further_dates
from natalis.domain.user import Profile
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.testing.builders import a_profile, a_rulebook, a_user

BOOK = a_rulebook()
HORIZON = timedelta(hours=24)
START = datetime(2027, 2, 26, 12, tzinfo=UTC)
ZONES = st.sampled_from(
    [
        *("Pacific/Kiritimati", "Asia/Tokyo", "Europe/Kiev", "Europe/Kyiv", "Europe/London", "America/New_York"),
        *("America/Los_Angeles", "Pacific/Niue", "Etc/GMT+12", "Australia/Lord_Howe", "Asia/Kathmandu"),
    ]
)
DAYS = st.sampled_from([(2, 26), (2, 27), (2, 28), (2, 29), (3, 1), (3, 2), (12, 31), (1, 1)]).map(
    lambda pair: YearlyDate(*pair, 1996)
)
WORDS = st.none() | st.sampled_from(LeapDay)
STEPS = st.sampled_from([timedelta(minutes=20), timedelta(hours=5), timedelta(hours=23), timedelta(days=100)])


class Life(RuleBasedStateMachine):
    """One person, one clock, and a store that holds them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        user = a_user(a_profile(birthday="1996-02-28"), now=START)
        self.user = user
        self.occasions = {occasion.kind: occasion for occasion in arrive(user, {}, BOOK, now=START)}
        self.deliveries: dict[DeliveryKey, Delivery] = {}

    @property
    def person(self) -> Person:
        return Person(self.user, self.occasions, tuple(self.deliveries.values()))

    @rule(zone=ZONES)
    def they_move(self, zone: str) -> None:
        self._change(replace(self.user.profile, timezone=zone), further_dates(self.person))

    @rule(day=DAYS)
    def they_correct_their_birthday(self, day: YearlyDate) -> None:
        self._change(replace(self.user.profile, birthday=day), further_dates(self.person))

    @rule(word=WORDS)
    def they_change_their_mind_about_leap_days(self, word: LeapDay | None) -> None:
        self._change(replace(self.user.profile, leap_day=word), further_dates(self.person))

    @rule(day=DAYS, word=WORDS)
    def they_take_up_an_anniversary(self, day: YearlyDate, word: LeapDay | None) -> None:
        self._change(self.user.profile, {ANNIVERSARY: Yearly(day, word)})

    @rule()
    def they_drop_the_anniversary(self) -> None:
        self._change(self.user.profile, {})

    @rule(by=STEPS)
    def time_passes(self, by: timedelta) -> None:
        self.now += by
        for delivery in list(self.deliveries.values()):
            if delivery.status in PENDING and delivery.expires_at <= self.now:
                self._store(replace(delivery, status=Status.MISSED))

    @rule()
    def the_planner_plans(self) -> None:
        for kind, occasion in list(self.occasions.items()):
            if occasion.upcoming is not None and occasion.upcoming.fire_at <= self.now + HORIZON:
                plannable = Plannable(occasion, self.user.profile.timezone, self.user.profile.leap_day)
                (decision,) = decide_plans([plannable], BOOK)
                assert isinstance(decision, Plan)
                self._plan(DeliveryKey(self.user.id, kind, occasion.upcoming.occasion_date), occasion.upcoming)
                self.occasions = {**self.occasions, kind: replace(occasion, upcoming=decision.following)}

    @rule()
    def a_worker_begins(self) -> None:
        for delivery in self._with(PENDING):
            if delivery.due_at <= self.now:
                self._store(replace(delivery, status=Status.SENDING, attempts=delivery.attempts + 1))

    @rule(end=st.sampled_from([Status.SENT, Status.FAILED, Status.RETRYING]), arrived=st.booleans())
    def a_worker_ends(self, end: Status, arrived: bool) -> None:
        for delivery in self._with({Status.SENDING}):
            unsure = delivery.may_have_arrived or (arrived and end is Status.RETRYING)
            due_at = self.now + timedelta(minutes=5)
            self._store(replace(delivery, status=end, may_have_arrived=unsure, due_at=due_at))

    @invariant()
    def at_most_one_delivery_of_a_kind_uses_a_year(self) -> None:
        uses = Counter(
            (key.kind, key.occasion_date.year) for key, found in self.deliveries.items() if found.uses_its_year
        )
        assert all(count == 1 for count in uses.values()), uses

    @invariant()
    def at_most_one_delivery_of_a_kind_and_year_can_still_go_out(self) -> None:
        alive = {*PENDING, Status.SENDING, Status.SENT}
        going = Counter((found.key.kind, found.key.occasion_date.year) for found in self._with(alive))
        assert all(count == 1 for count in going.values()), going

    @invariant()
    def the_next_turn_is_in_a_year_that_is_still_free(self) -> None:
        for kind, occasion in self.occasions.items():
            assert occasion.upcoming is not None
            assert occasion.upcoming.occasion_date.year not in {
                found.key.occasion_date.year
                for found in self._with({*PENDING, Status.SENDING, Status.SENT})
                if found.key.kind == kind and not self._same_date(found, occasion)
            }

    def _change(self, profile: Profile, dates: dict[str, Yearly]) -> None:
        before = {found.key: found for found in self._with(PENDING) if not found.may_have_arrived}
        change = amend(self.person, profile, dates, BOOK, now=self.now)
        self.user, self.occasions = change.user, dict(change.occasions)
        for key, reason in change.cancelled.items():
            assert key in before
            self._store(replace(self.deliveries[key], status=Status.CANCELLED, reason=reason))
        for key, firing in change.moved.items():
            assert key in before or self.deliveries[key].status is Status.MISSED
            self._schedule(key, firing)
        for key in before.keys() - change.cancelled.keys():
            assert self.deliveries[key].fire_at == self._fires(key)

    def _fires(self, key: DeliveryKey) -> datetime | None:
        occasion = self.occasions[key.kind]
        dated = replace(occasion, leap_day=occasion.leap_day or self.user.profile.leap_day)
        zone = BOOK.zone(self.user.profile.timezone)
        firing = firing_in(dated, BOOK.rule(key.kind), zone, year=key.occasion_date.year)
        return firing.fire_at if firing is not None and firing.occasion_date == key.occasion_date else None

    def _plan(self, key: DeliveryKey, firing: Firing) -> None:
        known = self.deliveries.get(key)
        year = (key.kind, key.occasion_date.year)
        taken = any(
            (found.key.kind, found.key.occasion_date.year) == year and found.uses_its_year
            for found in self.deliveries.values()
            if found.key != key
        )
        revivable = known is None or (known.status is Status.CANCELLED and known.reason == SUPERSEDED)
        if revivable and not taken:
            self._schedule(key, firing)

    def _schedule(self, key: DeliveryKey, firing: Firing) -> None:
        known = self.deliveries.get(key)
        attempts = known.attempts if known is not None else 0
        self._store(
            Delivery(
                key,
                Status.SCHEDULED,
                firing.fire_at,
                firing.fire_at,
                firing.expires_at,
                self.user.profile.timezone,
                attempts=attempts,
            )
        )

    def _store(self, delivery: Delivery) -> None:
        self.deliveries[delivery.key] = delivery

    def _with(self, statuses: frozenset[Status] | set[Status]) -> list[Delivery]:
        return [found for found in self.deliveries.values() if found.status in statuses]

    @staticmethod
    def _same_date(delivery: Delivery, occasion: Occasion) -> bool:
        return occasion.upcoming is not None and occasion.upcoming.occasion_date == delivery.key.occasion_date


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def test_one_who_never_changes_anything_gets_one_delivery_every_year() -> None:
    user = a_user(a_profile(birthday="1996-02-29", timezone="Australia/Lord_Howe"), now=START)
    (occasion,) = arrive(user, {}, BOOK, now=START)

    dates = [date_ for date_, _ in zip(planned(occasion, user.profile.timezone), range(30), strict=False)]

    assert [day.year for day in dates] == list(range(2027, 2057))


def planned(occasion: Occasion, zone: str) -> Iterator[date]:
    while True:
        assert occasion.upcoming is not None
        yield occasion.upcoming.occasion_date
        (decision,) = decide_plans([Plannable(occasion, zone, None)], BOOK)
        assert isinstance(decision, Plan)
        occasion = replace(occasion, upcoming=decision.following)
