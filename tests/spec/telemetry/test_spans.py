"""Rules of a delivery's spans: which there are, whose part each is, and when there are none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey
from natalis.domain.events import AttemptEnded, BreakerMoved, Dispatched, Event, Fenced, Missed, Quarantined, Returned
from natalis.domain.trace import Stage, trace_of
from natalis.ports.outbox import Due
from natalis.telemetry.spans import LINKS_AT_MOST, DeliverySpans, Names
from natalis.testing.builders import NOON
from plimsoll.instrument import traces
from plimsoll.instrument.traces import Listener, Span, nanoseconds
from plimsoll.instrument.traces.w3c import is_kept, read_traceparent

KEY = DeliveryKey("u1", "birthday", date(2026, 6, 1))
NAMES = Names("birthday-messages", "rabbitmq", "POST", {"server.address": "mail.example.org"})
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def told() -> Iterator[list[Span]]:
    heard: list[Span] = []
    with traces.listened(Listener(1.0, heard.append)):
        yield heard


def spans(ratio: float = 1.0, now: datetime = LATER) -> DeliverySpans:
    return DeliverySpans(ratio, VirtualClock(now), NAMES)


def an_end(
    outcome: str, *, took: timedelta = timedelta(seconds=1), final: bool = True, due: datetime = NOON
) -> AttemptEnded:
    zone = "Europe/London"
    ended = due + timedelta(seconds=3)
    return AttemptEnded(KEY, outcome, final, "Ada Lovelace", zone, NOON, ended, took, late=False, due_at=due, number=1)


def dues(count: int) -> list[Due]:
    return [Due(KEY._replace(user_id=f"u{number}"), NOON, NOON, "example.org") for number in range(count)]


def test_an_attempt_is_a_span_with_its_call_in_it(told: list[Span]) -> None:
    spans().record(an_end("delivered"))

    call, attempt = told
    assert call.parent == attempt.context
    assert attempt.parent is not None
    assert attempt.parent.span_id == trace_of(KEY).span_id(Stage.DISPATCH, NOON)
    assert (call.began, call.ended) == (
        nanoseconds(NOON + timedelta(seconds=2)),
        nanoseconds(NOON + timedelta(seconds=3)),
    )
    assert call.attributes == {"server.address": "mail.example.org"}
    assert attempt.attributes["natalis.delivery"] == str(KEY)
    assert not attempt.is_failed


def test_where_no_call_was_made_there_is_no_span_of_one(told: list[Span]) -> None:
    spans().record(an_end("withheld", took=timedelta(0)))

    (attempt,) = told
    assert attempt.name == "process birthday-messages"


@pytest.mark.parametrize("outcome", ["deferred", "refused", "unknown"])
def test_an_attempt_that_sent_nothing_is_a_failed_one(told: list[Span], outcome: str) -> None:
    spans().record(an_end(outcome))

    assert {(each.is_failed, each.attributes["error.type"]) for each in told} == {(True, outcome)}


def test_a_retry_has_spans_of_its_own_in_the_same_trace(told: list[Span]) -> None:
    spans().record(an_end("deferred", final=False))
    spans().record(an_end("delivered", due=LATER))

    assert len({each.context.trace_id for each in told}) == 1
    assert len({each.context.span_id for each in told}) == len(told)


def test_the_call_carries_what_will_be_its_span(told: list[Span]) -> None:
    carried = read_traceparent(spans().traceparent(KEY, NOON))
    spans().record(an_end("delivered"))

    assert carried == told[0].context


def test_what_is_handed_over_is_linked_both_ways(told: list[Span]) -> None:
    telling, handed = spans(), dues(3)
    with telling.handing(handed):
        assert traces.context() is not None  # what messages carry
    telling.record(Dispatched(3, 0, handed, NOON))

    publication, *dispatches = told
    assert publication.attributes["messaging.batch.message_count"] == 3
    assert list(publication.links) == [each.context for each in dispatches]
    assert [list(each.links) for each in dispatches] == [[publication.context]] * 3
    assert {each.parent.span_id for each in dispatches if each.parent} == {
        trace_of(due.key).span_id(Stage.PLAN) for due in handed
    }


def test_a_large_publication_links_to_some_and_all_link_to_it(told: list[Span]) -> None:
    telling, handed = spans(), dues(LINKS_AT_MOST + 5)
    with telling.handing(handed):
        pass
    telling.record(Dispatched(len(handed), 0, handed, NOON))

    publication, *dispatches = told
    assert len(publication.links) == LINKS_AT_MOST
    assert len(dispatches) == len(handed)


def test_a_publication_that_failed_says_so(told: list[Span]) -> None:
    with pytest.raises(OSError, match="gone"), spans().handing(dues(1)):
        raise OSError("gone")

    (publication,) = told
    assert publication.attributes["error.type"] == "OSError"


def test_only_traces_that_are_kept_are_told_of(told: list[Span]) -> None:
    telling, handed = spans(0.25), dues(200)
    with telling.handing(handed):
        pass
    telling.record(Dispatched(len(handed), 0, handed, NOON))

    kept = {trace_of(due.key).trace_id for due in handed if is_kept(trace_of(due.key).trace_id, 0.25)}
    assert {each.context.trace_id for each in told[1:]} == kept
    assert 0 < len(kept) < len(handed)


def test_of_what_is_not_kept_nothing_is_told_and_its_call_says_so(told: list[Span]) -> None:
    telling = spans(0.0)
    with telling.handing(dues(2)):
        assert traces.context() is None
    for event in (an_end("delivered"), Dispatched(2, 0, dues(2), NOON), Missed((KEY,))):
        telling.record(event)

    assert told == []
    assert telling.traceparent(KEY, NOON).endswith("-00")


def test_a_delivery_that_is_missed_is_a_failed_part_of_its_plan(told: list[Span]) -> None:
    spans().record(Missed((KEY,)))

    (missed,) = told
    assert (missed.name, missed.is_failed) == ("miss delivery", True)
    assert missed.parent is not None
    assert missed.parent.span_id == trace_of(KEY).span_id(Stage.PLAN)


@pytest.mark.parametrize(
    "event",
    [Fenced(KEY), Quarantined("u1", "birthday", "no such zone"), Returned(1, 1), BreakerMoved("mail", "open")],
)
def test_what_is_about_no_one_delivery_makes_no_span(told: list[Span], event: Event) -> None:
    spans().record(event)

    assert told == []


def test_no_span_names_a_person(told: list[Span]) -> None:
    spans().record(an_end("delivered"))

    assert "Ada" not in str([each.attributes for each in told])
