"""Rules of the event log: trouble is told, ordinary messages are not, and no line names a person."""

from __future__ import annotations

import logging
from datetime import date, timedelta

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.events import (
    AttemptEnded,
    BreakerMoved,
    Dispatched,
    Event,
    Fenced,
    Missed,
    Planned,
    Quarantined,
    Returned,
)
from natalis.domain.trace import trace_of
from natalis.telemetry.event_log import EventLog
from natalis.testing.builders import NOON
from plimsoll.instrument import traces
from plimsoll.instrument.logs import FIELDS
from plimsoll.instrument.traces import Listener

KEY = DeliveryKey("u1", "birthday", date(2026, 6, 1))


def an_end(outcome: str, *, final: bool = True) -> AttemptEnded:
    return AttemptEnded(KEY, outcome, final, "Ada Lovelace", "Europe/London", NOON, NOON, timedelta(0), late=False)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Planned(3), "planned 3"),
        (Quarantined("u1", "birthday", "no such zone"), "no such zone"),
        (Missed((KEY,)), "missed 1 deliveries, the first of them u1:birthday:2026-06-01"),
        (Returned(2, 1), "2 deliveries whose lease ran out and 1"),
        (Fenced(KEY), "lost its lease"),
        (BreakerMoved("mail", "open"), "breaker of mail is open"),
        (an_end("refused"), "refused, and given up"),
        (an_end("unknown", final=False), "unknown"),
    ],
)
def test_an_operator_reads_what_happened(event: Event, words: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    EventLog().record(event)
    assert words in caplog.text


@pytest.mark.parametrize("event", [an_end("delivered"), Dispatched(5, 0)])
def test_what_goes_well_is_not_told(event: Event, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    EventLog().record(event)
    assert caplog.text == ""


def test_no_line_names_a_person(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for outcome in ("delivered", "deferred", "refused", "unknown", "withheld"):
        EventLog().record(an_end(outcome))
    assert "Ada" not in caplog.text


def test_a_line_about_a_delivery_says_which_trace_is_its_own(caplog: pytest.LogCaptureFixture) -> None:
    with traces.listened(Listener(1.0, lambda _: None)):
        EventLog().record(an_end("refused"))
    EventLog().record(an_end("refused"))

    traced, untraced = caplog.records
    assert getattr(traced, FIELDS) == {"trace.id": trace_of(KEY).written}
    assert not hasattr(untraced, FIELDS)
