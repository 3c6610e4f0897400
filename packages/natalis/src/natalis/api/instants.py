"""Instants and dates in a query string."""

from __future__ import annotations

from datetime import UTC, date, datetime

from natalis.errors import InvalidInput


def instant_in(text: str | None, field: str) -> datetime | None:
    """Read `2026-12-10T09:00:00Z`, any other offset, or a date, which begins at midnight UTC; None stays None.

    Raises:
        InvalidInput: It is neither, has no offset, or lies outside the years 1 to 9999 in UTC.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a `+` in a query string arrives as a blank
        if found.tzinfo is None:
            found = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        remedy = "write 2026-12-10T09:00:00Z, or a date such as 2026-12-10"
        raise InvalidInput(field, f"{text[:40]!r} is not an instant", remedy) from None


def date_in(text: str, field: str) -> date:
    """Read `2026-12-10`.

    Raises:
        InvalidInput: It is not a date.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(field, f"{text[:40]!r} is not a date", "write it as 2026-12-10") from None
