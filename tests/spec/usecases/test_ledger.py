"""For every user, kind and year there is one answer to what happened and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from natalis.domain.calendar import first_firing
from natalis.domain.delivery import SUPERSEDED, Attempt, Delivery, DeliveryKey, Status
from natalis.domain.ledger import Evidence, Explanation, explain
from natalis.domain.ledger_judgement import Answer
from natalis.domain.occasion import BIRTHDAY, Firing, KindRule, Occasion, Until
from natalis.domain.outcome import Deferred, Unknown
from natalis.domain.retry import RetryPolicy, Terms, judge
from natalis.domain.rulebook import Rulebook
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.testing.builders import ZONES, a_rulebook

ADA = "0190aaaa-0000-7000-8000-000000000001"
FIRE = datetime(2026, 12, 10, 9, tzinfo=UTC)  # London in winter
EXPIRES = FIRE + timedelta(hours=24)
AFTER = datetime(2027, 1, 15, tzinfo=UTC)
ARRIVED = datetime(2025, 1, 1, tzinfo=UTC)


def the_delivery(status: Status, **differing: Any) -> Delivery:
    delivery = Delivery(
        DeliveryKey(ADA, BIRTHDAY, date(2026, 12, 10)), status, FIRE, FIRE, EXPIRES, "Europe/London", attempts=1
    )
    return replace(delivery, **differing)


def an_attempt(outcome: str, detail: str = "", *, number: int = 1, at: datetime = FIRE) -> Attempt:
    return Attempt(number, f"fence-{number}", "worker-1", at, at + timedelta(seconds=1), outcome, detail)


def the_occasion(on: YearlyDate | None = None, *, now: datetime = AFTER, zone: str = "Europe/London") -> Occasion:
    occasion = Occasion(ADA, BIRTHDAY, on or YearlyDate(12, 10, 1815 + 100))
    upcoming = first_firing(occasion, KindRule(BIRTHDAY), ZONES.get(zone), now=now)
    return replace(occasion, upcoming=upcoming)


def told(
    delivery: Delivery | None = None,
    *attempts: Attempt,
    now: datetime = AFTER,
    year: int = 2026,
    book: Rulebook | None = None,
    **differing: Any,
) -> Explanation:
    evidence = Evidence(ADA, BIRTHDAY, year, delivery, attempts, the_occasion(now=now), "Europe/London", None, ARRIVED)
    return explain(replace(evidence, **differing), book or a_rulebook(), now=now)


# With a delivery, its state decides.


def test_sent_within_the_tolerance_is_sent() -> None:
    answer = told(the_delivery(Status.SENT, sent_at=FIRE + timedelta(seconds=60)), an_attempt("delivered"))
    assert answer.answer is Answer.SENT
    assert answer.summary == "Sent at 2026-12-10 09:01:00 GMT (2026-12-10T09:01:00Z), 1 min after its fire time."


@pytest.mark.parametrize("delivery", [None, the_delivery(Status.SENT, sent_at=FIRE)])
def test_a_stored_date_that_is_none_is_told_of_all_the_same(delivery: Delivery | None) -> None:
    answer = told(delivery, occasion=Occasion(ADA, BIRTHDAY, YearlyDate(2, 30), quarantined="no such day"))
    assert answer.answer is (Answer.QUARANTINED if delivery is None else Answer.SENT)


def test_sent_beyond_the_tolerance_is_late() -> None:
    answer = told(the_delivery(Status.SENT, sent_at=FIRE + timedelta(hours=3, seconds=61)))
    assert answer.answer is Answer.LATE
    assert "3 h 1 min after its fire time" in answer.summary


def test_a_clock_that_runs_behind_is_told_as_it_is() -> None:
    answer = told(the_delivery(Status.SENT, sent_at=FIRE - timedelta(seconds=1.5)))
    assert (answer.answer, "minus 1.5 s after its fire time" in answer.summary) == (Answer.SENT, True)


def test_the_tolerance_is_the_kinds() -> None:
    book = a_rulebook(KindRule(BIRTHDAY, tolerance=timedelta(hours=4)))
    assert told(the_delivery(Status.SENT, sent_at=FIRE + timedelta(hours=3)), book=book).answer is Answer.SENT


def test_sent_at_an_instant_nobody_recorded_is_sent() -> None:
    assert told(the_delivery(Status.SENT)).answer is Answer.SENT


def test_missed_says_until_when_it_could_have_gone() -> None:
    answer = told(the_delivery(Status.MISSED, attempts=0))
    assert answer.answer is Answer.MISSED
    assert "not sent by 2026-12-11 09:00:00 GMT" in answer.summary


def test_missed_after_attempts_says_what_the_last_one_met() -> None:
    answer = told(the_delivery(Status.MISSED), an_attempt("deferred", "503 from the provider"))
    assert "(503 from the provider)" in answer.summary


def test_withheld_because_of_suppression_is_suppressed() -> None:
    answer = told(the_delivery(Status.CANCELLED), an_attempt("withheld", "suppressed: unsubscribed"))
    assert answer.answer is Answer.SUPPRESSED
    assert "unsubscribed" in answer.summary


def test_withheld_because_the_user_is_gone_is_cancelled() -> None:
    answer = told(the_delivery(Status.CANCELLED), an_attempt("withheld", "the user is gone"), occasion=None)
    assert answer.answer is Answer.CANCELLED
    assert "the user is gone" in answer.summary


def test_cancelled_by_an_operator_says_so() -> None:
    answer = told(the_delivery(Status.CANCELLED, attempts=0, reason="cancelled by an operator"))
    assert (answer.answer, answer.summary) == (Answer.CANCELLED, "Cancelled: cancelled by an operator.")


def test_cancelled_says_when_the_message_may_have_arrived_all_the_same() -> None:
    delivery = the_delivery(Status.CANCELLED, reason="cancelled by an operator", may_have_arrived=True)
    assert "it may have arrived" in told(delivery, an_attempt("unknown", "no answer within 10 s")).summary


def test_cancelled_without_a_reason_says_that_there_is_none() -> None:
    assert told(the_delivery(Status.CANCELLED)).summary == "Cancelled: no reason is on record."


def test_superseded_for_good_is_cancelled() -> None:
    moved_on = told(the_delivery(Status.CANCELLED, attempts=0, reason=SUPERSEDED))
    assert moved_on.answer is Answer.CANCELLED


def test_refused_gives_the_providers_answer() -> None:
    answer = told(the_delivery(Status.FAILED), an_attempt("refused", "550 no such mailbox."))
    assert (answer.answer, answer.summary) == (Answer.REFUSED, "Refused for good: 550 no such mailbox.")


def test_a_message_that_could_not_be_written_is_quarantined() -> None:
    answer = told(the_delivery(Status.FAILED), an_attempt("withheld", "the message could not be written: KeyError"))
    assert answer.answer is Answer.QUARANTINED


@pytest.mark.parametrize("outcome", [Deferred("503"), Unknown("no answer")])
def test_failed_after_too_many_attempts_is_given_up(outcome: Deferred | Unknown) -> None:
    terms = Terms(RetryPolicy(max_attempts=1), may_repeat=True)
    delivery = the_delivery(Status.SENDING)
    verdict = judge(outcome, delivery, terms, now=FIRE, draw=0.5)
    answer = told(replace(delivery, status=verdict.status), an_attempt(verdict.outcome, verdict.detail))
    assert answer.answer is Answer.GAVE_UP
    assert answer.summary.startswith("Gave up after 1 attempts: ")


def test_an_unknown_outcome_that_may_not_be_repeated_is_held() -> None:
    delivery = the_delivery(Status.SENDING)
    verdict = judge(Unknown("no answer"), delivery, Terms(RetryPolicy(), may_repeat=False), now=FIRE, draw=0.5)
    held = replace(delivery, status=verdict.status, may_have_arrived=True)
    assert told(held, an_attempt(verdict.outcome, verdict.detail)).answer is Answer.HELD


def test_an_attempt_whose_worker_died_and_may_not_be_repeated_is_held() -> None:
    assert told(the_delivery(Status.FAILED), an_attempt("unknown", "its lease ran out")).answer is Answer.HELD


def test_failed_without_an_attempt_on_record_is_given_up() -> None:
    answer = told(the_delivery(Status.FAILED, reason="why not"))
    assert (answer.answer, answer.summary) == (Answer.GAVE_UP, "Given up: why not.")


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SENDING, Status.RETRYING])
def test_what_is_under_way_is_waiting(status: Status) -> None:
    answer = told(the_delivery(status), an_attempt("deferred", "503"), now=FIRE + timedelta(minutes=1))
    assert answer.answer is Answer.WAITING


def test_what_will_be_tried_again_says_when_and_why() -> None:
    again = the_delivery(Status.RETRYING, due_at=FIRE + timedelta(minutes=5))
    answer = told(again, an_attempt("deferred", "503"), now=FIRE)
    assert "again at 2026-12-10 09:05:00 GMT" in answer.summary
    assert "503" in answer.summary


@pytest.mark.parametrize(
    ("now", "answer", "says"),
    [
        (FIRE - timedelta(hours=1), Answer.PLANNED, "goes out at"),
        (FIRE, Answer.WAITING, "handed to the queue"),
        (EXPIRES, Answer.WAITING, "marked missed"),
    ],
)
def test_what_is_scheduled_is_planned_until_it_is_due(now: datetime, answer: Answer, says: str) -> None:
    found = told(the_delivery(Status.SCHEDULED, attempts=0), now=now)
    assert found.answer is answer
    assert says in found.summary


def test_every_state_has_an_answer() -> None:
    for status in Status:
        assert told(the_delivery(status)).summary


def test_a_deleted_users_deliveries_are_still_explained() -> None:
    gone = told(the_delivery(Status.SENT, sent_at=FIRE), occasion=None, timezone=None, arrived_at=None)
    assert gone.answer is Answer.SENT
    assert gone.timezone == "Europe/London"


def test_a_delivery_of_a_kind_or_zone_no_longer_known_is_still_explained() -> None:
    odd = the_delivery(Status.SENT, sent_at=FIRE, timezone="Mars/Base")
    answer = told(odd, kind="name-day", occasion=None)
    assert answer.answer is Answer.SENT
    assert "UTC" in answer.summary


def test_the_moments_are_told_in_order_on_the_users_wall_clock() -> None:
    sent = the_delivery(
        Status.SENT, timezone="Asia/Tokyo", planned_at=FIRE - timedelta(days=1), sent_at=FIRE + timedelta(seconds=9)
    )
    answer = told(
        sent,
        an_attempt("deferred", "503", number=1),
        an_attempt("delivered", "accepted", number=2, at=FIRE + timedelta(seconds=8)),
    )
    assert [moment.what for moment in answer.moments] == [
        "planned",
        "fire time",
        "attempt 1 began on worker-1",
        "attempt 1 ended deferred: 503",
        "attempt 2 began on worker-1",
        "accepted by the provider",
        "attempt 2 ended delivered: accepted",
        "end of its lateness budget",
    ]
    assert {moment.local.utcoffset() for moment in answer.moments} == {timedelta(hours=9)}


# Without a delivery, the calendar decides.


def test_what_is_ahead_is_not_yet_planned() -> None:
    answer = told(now=datetime(2026, 6, 1, tzinfo=UTC))
    assert answer.answer is Answer.NOT_YET_PLANNED
    assert (answer.occasion_date, answer.fire_at, answer.expires_at) == (date(2026, 12, 10), FIRE, EXPIRES)


def test_years_ahead_are_not_yet_planned_either() -> None:
    answer = told(year=2031)
    assert (answer.answer, answer.occasion_date) == (Answer.NOT_YET_PLANNED, date(2031, 12, 10))


def test_what_is_due_and_unplanned_waits_for_the_planner() -> None:
    unplanned = the_occasion(now=FIRE - timedelta(days=1))
    answer = told(now=FIRE + timedelta(hours=1), occasion=unplanned)
    assert answer.answer is Answer.WAITING
    assert "planner" in answer.summary


def test_what_had_passed_when_the_user_came_is_before_arrival() -> None:
    answer = told(year=2024)
    assert answer.answer is Answer.BEFORE_ARRIVAL
    assert "2025-01-01" in answer.summary


def test_a_day_that_had_ended_when_the_user_came_is_before_arrival_though_its_budget_lasted() -> None:
    next_morning = datetime(2026, 12, 11, 8, tzinfo=UTC)
    assert told(arrived_at=next_morning, occasion=the_occasion(now=next_morning)).answer is Answer.BEFORE_ARRIVAL


def test_a_day_whose_hour_had_passed_within_its_budget_when_the_user_came_is_owed() -> None:
    same_noon = FIRE + timedelta(hours=3)
    answer = told(arrived_at=same_noon, occasion=the_occasion(now=same_noon), now=same_noon)
    assert answer.answer is Answer.WAITING


def test_what_passed_before_the_occasion_took_its_present_form_was_not_owed() -> None:
    assert told(year=2026, now=AFTER).answer is Answer.NOT_OWED


def test_29_february_is_omitted_in_a_common_year_when_the_person_says_so() -> None:
    leapling = the_occasion(YearlyDate(2, 29, 1972))
    answer = told(occasion=leapling, leap_day=LeapDay.OMIT)
    assert (answer.answer, answer.fire_at) == (Answer.OMITTED, None)
    assert "2026 has no 29 February" in answer.summary


def test_29_february_omitted_comes_round_in_a_leap_year() -> None:
    leapling = the_occasion(YearlyDate(2, 29, 1972))
    answer = told(occasion=leapling, leap_day=LeapDay.OMIT, year=2028)
    assert (answer.answer, answer.occasion_date) == (Answer.NOT_YET_PLANNED, date(2028, 2, 29))


def test_an_occasion_set_aside_is_quarantined_with_its_reason() -> None:
    aside = replace(the_occasion(), upcoming=None, quarantined="timezone: 'Mars/Base' is not known")
    answer = told(occasion=aside)
    assert answer.answer is Answer.QUARANTINED
    assert "Mars/Base" in answer.summary


def test_an_occasion_without_an_upcoming_date_is_quarantined() -> None:
    assert told(occasion=replace(the_occasion(), upcoming=None)).answer is Answer.QUARANTINED


@pytest.mark.parametrize("differing", [{"timezone": "Mars/Base"}, {"kind": "name-day"}])
def test_what_the_rules_do_not_know_is_quarantined(differing: dict[str, Any]) -> None:
    assert told(**differing).answer is Answer.QUARANTINED


def test_an_occasion_taken_away_is_no_occasion() -> None:
    answer = told(occasion=None)
    assert (answer.answer, answer.summary) == (
        Answer.NO_OCCASION,
        "Nothing was planned in 2026, and there is no birthday any more.",
    )


def test_a_deleted_user_without_a_delivery_has_no_occasion() -> None:
    answer = told(occasion=None, timezone=None, arrived_at=None)
    assert (answer.answer, "the user was deleted" in answer.summary) == (Answer.NO_OCCASION, True)


def test_a_plan_superseded_by_a_later_date_of_the_year_gives_way_to_it() -> None:
    now = datetime(2026, 12, 9, tzinfo=UTC)
    superseded = the_delivery(Status.CANCELLED, attempts=0, reason=SUPERSEDED)
    answer = told(superseded, occasion=the_occasion(YearlyDate(12, 24), now=now), now=now)
    assert (answer.answer, answer.occasion_date) == (Answer.NOT_YET_PLANNED, date(2026, 12, 24))
    assert "An earlier plan for 2026-12-10 was superseded" in answer.summary


# The rules that led to it.


def test_the_rules_name_the_send_time_and_the_budget() -> None:
    send_time, lateness = told(the_delivery(Status.SENT, sent_at=FIRE)).rules
    assert send_time == "A birthday message goes out at 09:00 local time, here of Europe/London."
    assert lateness == (
        "It may be late for 1 d, here until 2026-12-11 09:00:00 GMT (2026-12-11T09:00:00Z); "
        "later than 1 min counts as late."
    )


def test_the_sentences_are_the_summary_and_the_rules() -> None:
    answer = told(the_delivery(Status.SENT, sent_at=FIRE))
    assert answer.sentences == (answer.summary, *answer.rules)


def test_a_budget_until_a_local_time_says_so() -> None:
    book = a_rulebook(KindRule(BIRTHDAY, lateness=Until(time(18))))
    assert any("until 18:00 local time" in rule for rule in told(year=2031, book=book).rules)


def rules_on(on: YearlyDate, at: time, zone: str, year: int, **differing: Any) -> str:
    rule = KindRule(BIRTHDAY, send_time=at)
    occasion = replace(the_occasion(on), upcoming=Firing(date(2027, 1, 1), AFTER, AFTER))
    return "\n".join(told(year=year, book=a_rulebook(rule), occasion=occasion, timezone=zone, **differing).rules)


def test_a_time_in_a_gap_says_what_it_became() -> None:
    said = rules_on(YearlyDate(3, 29), time(2, 30), "Europe/Berlin", 2026)
    assert "the clocks jump over that time on 2026-03-29, so it is 2026-03-29 03:30" in said


def test_a_day_that_does_not_exist_says_that_it_is_the_next() -> None:
    said = rules_on(YearlyDate(12, 30), time(9), "Pacific/Apia", 2011, arrived_at=datetime(2011, 1, 1, tzinfo=UTC))
    assert "so it is 2011-12-31 09:00" in said


def test_a_time_that_comes_twice_says_that_the_first_counts() -> None:
    assert "comes twice on 2026-10-25" in rules_on(YearlyDate(10, 25), time(2, 30), "Europe/Berlin", 2026)


@pytest.mark.parametrize(
    ("word", "whose"), [(None, "by the rule of birthday, 'backward'"), (LeapDay.FORWARD, "own word, 'forward'")]
)
def test_a_moved_29_february_says_by_whose_rule(word: LeapDay | None, whose: str) -> None:
    assert whose in rules_on(YearlyDate(2, 29), time(9), "UTC", 2027, leap_day=word)


def test_a_spread_window_says_how_long_this_persons_delay_is() -> None:
    book = a_rulebook(KindRule(BIRTHDAY, spread=timedelta(minutes=10)))
    assert any("spread over 10 min" in rule for rule in told(year=2031, book=book).rules)


def test_a_stored_instant_that_todays_rules_would_not_give_is_said_to_count() -> None:
    elsewhen = the_delivery(Status.SENT, sent_at=FIRE, fire_at=FIRE - timedelta(hours=1))
    assert any("have changed since" in rule for rule in told(elsewhen).rules)
