"""A delivery's trace: ids that everybody computes alike, from the key alone."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.delivery import DeliveryKey
from natalis.domain.trace import Stage, trace_of

KEY = DeliveryKey("0190c3f2-5dfb-7c8e-8f6b-5a4d3c2b1a09", "birthday", date(2026, 2, 28))
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it


def test_a_trace_is_found_by_hand_from_the_key() -> None:
    by_hand = hashlib.sha256(b"0190c3f2-5dfb-7c8e-8f6b-5a4d3c2b1a09:birthday:2026-02-28").hexdigest()[:32]

    assert trace_of(KEY).written == by_hand


@given(st.uuids(), st.sampled_from(["birthday", "anniversary"]), st.dates())
def test_each_delivery_has_a_trace_of_its_own(user: object, kind: str, day: date) -> None:
    key = DeliveryKey(str(user), kind, day)

    assert trace_of(key) == trace_of(DeliveryKey.parse(str(key)))
    assert trace_of(key) != trace_of(KEY)
    assert 0 < trace_of(key).trace_id < 1 << 128


@given(st.uuids(), st.lists(INSTANTS, min_size=2, max_size=4, unique=True))
def test_no_two_spans_of_a_trace_share_an_id(user: object, dues: list[datetime]) -> None:
    trace = trace_of(KEY._replace(user_id=str(user)))

    again = [stage for stage in Stage if stage is not Stage.PLAN]
    ids = [trace.span_id(Stage.PLAN), *(trace.span_id(stage, due) for stage, due in product(again, dues))]

    assert len(set(ids)) == len(ids)
    assert all(0 < each < 1 << 64 for each in ids)


def test_a_retry_a_microsecond_later_is_told_from_what_was_before() -> None:
    due = datetime(2026, 2, 28, 9, tzinfo=UTC)
    trace = trace_of(KEY)

    assert trace.span_id(Stage.CALL, due) != trace.span_id(Stage.DISPATCH, due + timedelta(microseconds=1))
