"""How much of a long list a caller may ask for at once."""

from __future__ import annotations

from natalis.errors import InvalidInput

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500


def check_range(value: int, lowest: int, highest: int, *, field: str) -> int:
    """Return `value` when it lies in the range, both ends included.

    Raises:
        InvalidInput: It does not.
    """
    if not lowest <= value <= highest:
        raise InvalidInput(field, f"{value} is out of range", f"use a number from {lowest} to {highest}")
    return value


def check_limit(limit: int) -> int:
    """Return how many items a page may have: 1 to 500.

    Raises:
        InvalidInput: It is out of range.
    """
    return check_range(limit, 1, LARGEST_LIMIT, field="limit")
