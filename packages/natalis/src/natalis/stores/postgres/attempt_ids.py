"""Attempt ids: the delivery's key and the attempt's number, so that a fence says what it guards."""

from __future__ import annotations

from natalis.domain.delivery import DeliveryKey
from natalis.errors import InvalidInput
from natalis.stores.postgres.rows import is_id

_HIGHEST = 2**31 - 1  # what an integer column holds


def write_attempt_id(key: DeliveryKey, number: int) -> str:
    """Return the id of a delivery's `number`-th attempt, as in `0190…:birthday:2026-02-28#1`."""
    return f"{key}#{number}"


def read_attempt_id(text: str) -> tuple[DeliveryKey, int] | None:
    """Return the delivery and the number in an attempt id; None when it is none."""
    written, _, number = text.rpartition("#")
    try:
        key = DeliveryKey.parse(written)
    except InvalidInput:
        return None
    is_one = number.isascii() and number.isdecimal() and int(number) <= _HIGHEST and is_id(key.user_id)
    return (key, int(number)) if is_one else None
