"""Dates as people write them, turned into the ISO form that the domain reads."""

from __future__ import annotations

import re
from typing import assert_never

from natalis.errors import InvalidInput
from natalis.formats.reading import DateOrder

_ISO = re.compile(r"\d{4}-\d\d-\d\d|--\d\d-?\d\d", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d\d?)\2(\d\d?)|(\d\d)(\d\d))(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d\d?)([-/. ])(\d\d?)(?:\2(\d+)|\2?)", re.ASCII)
_FULL_YEAR = 4  # digits
_MONTHS = 12


def iso_date(text: str, order: DateOrder | None, *, field: str) -> str:
    """Return a date as `1990-05-25` or `--05-25`; whether it exists is the domain's to say.

    Year-first forms (`1990/5/25`, `19900525`, `1990-05-25 00:00:00`) are clear and taken as they are, and so is a
    year-last one of which one number can only be the day (`25.05.1990`). A time other than midnight is refused: a
    birthday is a date, and cutting off a time may be a day off somewhere.

    Args:
        text: As written.
        order: How day and month follow each other where the year comes last; None refuses those that could be either.
        field: Its name, for the error.

    Raises:
        InvalidInput: The order is needed and not given, the year has two digits, or it is no date at all.
    """
    text = text.strip()
    if _ISO.fullmatch(text) or not text:
        return text
    if found := _YEAR_FIRST.fullmatch(text):
        year, _, month, day, *basic = found.groups()
        month, day = (month, day) if month else basic
        return f"{year}-{month:0>2}-{day:0>2}"
    if found := _YEAR_LAST.fullmatch(text):
        return _ordered(found, order, field)
    raise InvalidInput(field, f"{text[:40]!r} is not a date", "write 1990-05-25, or --05-25 without a year")


def _ordered(found: re.Match[str], order: DateOrder | None, field: str) -> str:
    text, (first, _, second, year) = found[0], found.groups()
    if year is not None and len(year) != _FULL_YEAR:
        raise InvalidInput(field, f"{text[:40]!r} has no year of four digits", "write the whole year")
    match order or _clear_order(int(first), int(second)):
        case None:
            raise InvalidInput(
                field,
                f"{text[:40]!r} does not say which is the day and which the month",
                "say it with --date-order dmy or --date-order mdy, or write 1990-05-25",
            )
        case DateOrder.DMY:
            day, month = first, second
        case DateOrder.MDY:
            month, day = first, second
        case other:
            assert_never(other)
    return f"{year or '-'}-{month:0>2}-{day:0>2}"


def _clear_order(first: int, second: int) -> DateOrder | None:
    if first > _MONTHS >= second:
        return DateOrder.DMY
    return DateOrder.MDY if second > _MONTHS >= first else None
