"""The short ways of checking what most people have say what the long ways say, which a blank around a text leads to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from natalis.domain.user import NAME_LIMIT, checked_email, checked_name
from natalis.domain.yearly_date import parse_yearly_date
from natalis.errors import InvalidInput

TODAY = date(2026, 6, 1)
digits = st.text("0123456789-W", min_size=8, max_size=11)


def said(act: Callable[[], object]) -> object:
    try:
        return act()
    except InvalidInput as error:
        return type(error)


@given(st.dates(date(1890, 1, 1), date(2030, 1, 1)).map(str) | digits)
@example("1900-01-01")
@example("1899-12-31")
@example("2026-06-01")
@example("2026-06-02")
@example("2023-02-29")
@example("2020-W01-1")
def test_a_date(text: str) -> None:
    def read(text: str) -> object:
        return said(lambda: parse_yearly_date(text, field="birthdayDate", today=TODAY))

    assert read(text) == read(f" {text} ")


@given(st.text(max_size=NAME_LIMIT + 5) | st.text("abcXYZ", max_size=NAME_LIMIT + 5))
@example("a" * NAME_LIMIT)
@example("a" * (NAME_LIMIT + 1))
@example("Ada;")
def test_a_name(text: str) -> None:
    def read(text: str) -> object:
        return said(lambda: checked_name(text, field="firstName"))

    assert read(text) == read(f" {text} ")


@pytest.mark.parametrize(
    "letter", [chr(code) for code in range(128) if not chr(code).isprintable() or chr(code) == " "]
)
@pytest.mark.parametrize(
    "shape", ["a{}b@example.org", "a@ex{}ample.org", "a@example.o{}rg", "a{}@example.org", "a@{}b.org"]
)
def test_no_address_holds_a_blank_or_a_control_character(letter: str, shape: str) -> None:
    with pytest.raises(InvalidInput):
        checked_email(shape.format(letter))
