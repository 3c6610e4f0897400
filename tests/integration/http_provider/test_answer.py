"""Rules: what each answer of the service means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.outcome import Deferred, Delivered, Outcome, Refused, Unknown
from natalis.providers.answer import LONGEST_WAIT, Answer, judge, read_retry_after

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def outcome_of(status: int, body: bytes = b"", *, retry_after: str | None = None) -> Outcome:
    return judge(Answer(status, body, retry_after), now=NOW)


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_a_success_is_delivered_under_its_id(status: int) -> None:
    assert outcome_of(status, b'{"success": true, "messageId": "m-1", "more": []}') == Delivered("m-1")


@pytest.mark.parametrize(
    ("message_id", "told"), [(b"7", "7"), (b"null", ""), (b'"a\\r\\nb"', "a  b"), (b'"%s"' % (b"x" * 999), "x" * 200)]
)
def test_an_id_is_kept_as_one_short_line(message_id: bytes, told: str) -> None:
    assert outcome_of(200, b'{"success": true, "messageId": %s}' % message_id) == Delivered(told)


def test_a_message_that_was_not_taken_is_tried_again() -> None:
    outcome = outcome_of(200, b'{"success": false, "error": "busy"}', retry_after="5")
    assert outcome == Deferred('HTTP 200: {"success": false, "error": "busy"}', timedelta(seconds=5))


@pytest.mark.parametrize(
    "body", [b"", b"OK", b"{}", b"[]", b'{"success": "yes"}', b'{"success": 1}', b"\xff\xfe", b'{"success": true']
)
def test_a_success_that_cannot_be_read_is_unknown(body: bytes) -> None:
    assert isinstance(outcome_of(200, body), Unknown)


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_a_service_that_was_too_busy_has_certainly_not_accepted(status: int) -> None:
    assert outcome_of(status, retry_after="120") == Deferred(f"HTTP {status}", timedelta(minutes=2), status == 503)


@pytest.mark.parametrize("status", [500, 501, 502, 504, 599])
def test_a_service_that_broke_may_have_accepted_before_it_did(status: int) -> None:
    outage = status in {502, 504}
    assert outcome_of(status, retry_after="120") == Unknown(f"HTTP {status}", timedelta(minutes=2), outage)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 410, 413, 422, 451])
def test_a_permanent_no_is_refused(status: int) -> None:
    assert outcome_of(status, b"no such\r\nmailbox") == Refused(f"HTTP {status}: no such  mailbox")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_service_that_moved_is_an_outage(status: int) -> None:
    outcome = outcome_of(status)
    assert isinstance(outcome, Deferred)
    assert outcome.outage


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0", timedelta(0)),
        (" 120 ", timedelta(minutes=2)),
        ("999999999999999999999", LONGEST_WAIT),
        ("Mon, 01 Jun 2026 12:00:30 GMT", timedelta(seconds=30)),
        ("Monday, 01-Jun-26 12:00:30 GMT", timedelta(seconds=30)),
        ("Mon, 01 Jun 2026 11:00:00 GMT", timedelta(0)),
        ("Fri, 01 Jan 2100 00:00:00 GMT", LONGEST_WAIT),
        ("Mon, 01 Jun 2026 12:00:30 -0000", timedelta(seconds=30)),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("1.5", None),
        ("Mon, 99 Jun 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, wait: timedelta | None) -> None:
    assert read_retry_after(header, now=NOW) == wait


@given(st.timedeltas(timedelta(0), timedelta(hours=24)), st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
def test_a_date_in_any_zone_is_the_same_instant(wait: timedelta, offset: timedelta) -> None:
    whole = timedelta(seconds=int(wait.total_seconds()))
    zone = timezone(timedelta(minutes=offset // timedelta(minutes=1)))
    assert read_retry_after(format_datetime((NOW + whole).astimezone(zone)), now=NOW) == whole


@given(st.text())
def test_no_header_breaks_the_reader(header: str) -> None:
    wait = read_retry_after(header, now=NOW)
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT


@given(st.integers(200, 599), st.binary(max_size=300))
def test_every_answer_means_something(status: int, body: bytes) -> None:
    assert isinstance(outcome_of(status, body), Delivered | Deferred | Refused | Unknown)
