"""A run is faultless when every message was posted once, after it was due, and is marked sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from perf.peers.verdict import Evidence, faults, faults_halfway

DUE = datetime(2026, 7, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)

posts = st.dictionaries(st.integers(0, 5).map(str), st.integers(1, 3))
marks = st.dictionaries(st.integers(0, 5).map(str), st.integers(-2, 2).map(lambda shift: DUE + shift * SECOND))


@given(posts, marks)
def test_only_what_is_right_in_every_message_is_faultless(posted: dict[str, int], sent: dict[str, datetime]) -> None:
    expected = {str(number) for number in range(6)}
    right = (
        set(posted) == set(sent) == expected
        and all(times == 1 for times in posted.values())
        and all(at >= DUE for at in sent.values())
    )

    found = faults(Evidence(posted, keyless=0, refused=0, early=0, sent=sent), count=6, due=DUE)

    assert (found == []) == right


def test_messages_without_a_key_or_that_nobody_can_read_are_faults() -> None:
    evidence = Evidence({"1": 1}, keyless=2, refused=3, early=0, sent={"1": DUE})

    found = faults(evidence, count=1, due=DUE)

    assert found == ["2 posted without an idempotency key", "3 posted that the provider could not read"]


def test_what_is_under_way_when_a_run_is_stopped_is_no_fault() -> None:
    evidence = Evidence({"1": 1, "2": 1}, keyless=0, refused=0, early=0, sent={"1": DUE})

    assert faults_halfway(evidence, due=DUE) == []


def test_what_was_doubled_or_made_up_before_a_run_was_stopped_is_a_fault() -> None:
    evidence = Evidence({"1": 2}, keyless=0, refused=0, early=0, sent={"1": DUE, "2": DUE})

    found = faults_halfway(evidence, due=DUE)

    assert found == ["1 marked sent, never posted, such as 2", "1 posted more than once, such as 1"]
