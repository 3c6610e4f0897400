"""What becomes of a delivery after a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.lifecycle import MOVES
from natalis.domain.outcome import Deferred, Delivered, Outcome, Refused, Unknown, Withheld
from natalis.domain.retry import RetryPolicy, Terms, judge

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SENDING = Delivery(
    key=DeliveryKey("0190", "birthday", date(2026, 3, 1)),
    status=Status.SENDING,
    fire_at=NOW,
    due_at=NOW,
    expires_at=NOW + timedelta(hours=24),
    timezone="Europe/Paris",
    attempts=1,
)
POLICY = RetryPolicy(max_attempts=3, base=timedelta(seconds=10), cap=timedelta(hours=1))
TERMS = Terms(POLICY, may_repeat=True)
PAUSED = Terms(POLICY, may_repeat=True, paused_until=NOW + timedelta(seconds=30))
details = st.text(max_size=2000)
durations = st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Delivered, st.text(), details),
    st.builds(Deferred, details, durations, st.booleans()),
    st.builds(Refused, details),
    st.builds(Unknown, details),
    st.builds(Withheld, details),
)


def test_delivered_is_sent_under_the_providers_own_id() -> None:
    verdict = judge(Delivered("m-1"), SENDING, TERMS, now=NOW, draw=0.5)

    assert (verdict.status, verdict.outcome, verdict.provider_id) == (Status.SENT, "delivered", "m-1")


def test_refused_fails_at_once() -> None:
    verdict = judge(Refused("550 no such mailbox"), SENDING, TERMS, now=NOW, draw=0.5)

    assert (verdict.status, verdict.detail) == (Status.FAILED, "550 no such mailbox")


def test_withheld_is_cancelled() -> None:
    assert judge(Withheld("unsubscribed"), SENDING, TERMS, now=NOW, draw=0.5).status is Status.CANCELLED


def test_deferred_is_tried_again_after_the_backoff_of_its_attempt() -> None:
    second = replace(SENDING, attempts=2)

    verdict = judge(Deferred("greylisted"), second, TERMS, now=NOW, draw=0.5)

    assert verdict.status is Status.RETRYING
    assert verdict.due_at == NOW + timedelta(seconds=10)
    assert verdict.counts


@pytest.mark.parametrize("kind", [Deferred, Unknown])
def test_what_comes_back_never_does_before_the_providers_retry_after(kind: type[Deferred | Unknown]) -> None:
    wish = kind("429", retry_after=timedelta(minutes=10))

    assert judge(wish, SENDING, TERMS, now=NOW, draw=0.0).due_at == NOW + timedelta(minutes=10)
    assert judge(wish, SENDING, TERMS, now=NOW, draw=0.5).due_at == NOW + timedelta(minutes=10, seconds=5)


@pytest.mark.parametrize("outcome", [Deferred("421 busy"), Unknown("no answer")])
def test_the_last_attempt_fails(outcome: Outcome) -> None:
    last = replace(SENDING, attempts=3)

    verdict = judge(outcome, last, TERMS, now=NOW, draw=0.5)

    assert verdict.status is Status.FAILED
    assert "gave up after 3 attempts" in verdict.detail


@pytest.mark.parametrize("outcome", [Deferred("connection refused", outage=True), Unknown("502", outage=True)])
def test_an_outage_does_not_burn_attempts(outcome: Outcome) -> None:
    last = replace(SENDING, attempts=3)

    verdict = judge(outcome, last, TERMS, now=NOW, draw=0.5)

    assert (verdict.status, verdict.counts) == (Status.RETRYING, False)


@pytest.mark.parametrize("outcome", [Deferred("503"), Unknown("no answer")])
def test_while_the_breaker_is_open_no_attempt_is_burnt_and_none_comes_back_before_it_closes(outcome: Outcome) -> None:
    last = replace(SENDING, attempts=3)

    verdict = judge(outcome, last, PAUSED, now=NOW, draw=0.0)

    assert (verdict.status, verdict.counts, verdict.due_at) == (Status.RETRYING, False, PAUSED.paused_until)


@pytest.mark.parametrize(
    "outcome", [Deferred("503", retry_after=timedelta(hours=25)), Deferred("x", timedelta(days=1))]
)
def test_what_would_come_back_after_its_window_is_missed(outcome: Outcome) -> None:
    assert judge(outcome, SENDING, TERMS, now=NOW, draw=0.0).status is Status.MISSED


def test_an_unknown_is_held_for_a_person_when_it_may_not_be_repeated() -> None:
    verdict = judge(Unknown("no answer"), SENDING, Terms(POLICY, may_repeat=False), now=NOW, draw=0.5)

    assert (verdict.status, verdict.outcome) == (Status.FAILED, "unknown")
    assert "held for a person" in verdict.detail


@given(
    outcome=outcomes,
    attempts=st.integers(1, 20),
    may_repeat=st.booleans(),
    paused=durations,
    draw=st.floats(0, 1, exclude_max=True),
)
def test_every_verdict_is_a_legal_move_that_the_store_can_write(
    outcome: Outcome, attempts: int, may_repeat: bool, paused: timedelta | None, draw: float
) -> None:
    delivery = replace(SENDING, attempts=attempts)
    terms = Terms(POLICY, may_repeat, None if paused is None else NOW + paused)

    verdict = judge(outcome, delivery, terms, now=NOW, draw=draw)

    assert verdict.status in MOVES[Status.SENDING]
    assert (verdict.due_at is not None) == (verdict.status is Status.RETRYING)
    assert verdict.due_at is None or NOW <= verdict.due_at < delivery.expires_at
    assert (verdict.status is Status.SENT) == isinstance(outcome, Delivered)
    assert "\x00" not in verdict.detail
    assert len(verdict.detail.encode()) <= 4 * 500


@given(detail=details)
def test_an_unknown_outcome_is_never_taken_for_success(detail: str) -> None:
    for may_repeat in (True, False):
        verdict = judge(Unknown(detail), SENDING, Terms(POLICY, may_repeat), now=NOW, draw=0.5)
        assert verdict.status is not Status.SENT
