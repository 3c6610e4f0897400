"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.errors import InvalidInput
from plimsoll.measure.durations import duration_of, in_words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("1m30s", 90),
        ("500ms", 0.5),
        ("2h", 7200),
        ("1d", 86400),
        ("1.5h", 5400),
        ("10", 10),
        (" 1m 5s", 65),
    ],
)
def test_a_length_is_read(text: str, seconds: float) -> None:
    assert duration_of(text, "--for") == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "s", "5 parsecs", "-5s", "5s3", "1e3s", "s5", "99999d", "9" * 400 + "d"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^--for: "):
        duration_of(text, "--for")


@given(st.integers(min_value=0, max_value=86_400_000))
def test_what_is_said_is_read_again(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)

    assert abs(duration_of(in_words(length), "m") - length) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.25, "250ms"), (1, "1s"), (1.5, "1.5s"), (60, "1m"), (90, "1m30s"), (3600, "1h"), (3661, "1h1m1s")],
)
def test_a_length_is_said_as_shortly_as_can_be(seconds: float, text: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == text
