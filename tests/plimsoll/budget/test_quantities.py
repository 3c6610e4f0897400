"""Quantities as pages show them."""

from __future__ import annotations

import pytest

from plimsoll.budget.file.amounts import Unit
from plimsoll.budget.quantities import quantity, share, time


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 ms"),
        (0.3, "300 ms"),
        (1.5, "1.5 s"),
        (52, "52 s"),
        (520, "8 min 40 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (2592, "43 min 12 s"),
        (3 * 86_400 + 6 * 3600 + 5, "3 d 6 h"),
    ],
)
def test_a_time_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert time(seconds) == words


@pytest.mark.parametrize(
    ("part", "words"),
    [(0, "0 %"), (1e-7, "under 0.0001 %"), (0.001, "0.1 %"), (0.9995, "99.95 %"), (0.0211574, "2.12 %"), (1, "100 %")],
)
def test_a_share_is_told_as_it_was_written_or_in_three_figures(part: float, words: str) -> None:
    assert share(part) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.25, Unit.SECONDS, "250 ms"),
        (0.85, Unit.SHARE, "85 %"),
        (1234.6, Unit.PER_SECOND, "1,235/s"),
        (1.28e8, Unit.BYTES, "128 MB"),
        (4.5, Unit.NUMBER, "4.5"),
    ],
)
def test_a_value_is_told_in_its_unit(value: float, unit: Unit, words: str) -> None:
    assert quantity(value, unit) == words
