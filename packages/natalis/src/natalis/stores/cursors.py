"""Cursors: where a page ended, in a form that callers hand back unread."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from natalis.errors import InvalidInput

T = TypeVar("T")


def write_cursor(*position: str | int) -> str:
    """Return the sort key of a page's last item as a cursor."""
    return urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def read_cursor(cursor: str, shape: type[T]) -> T:
    """Return the sort key in a cursor, as `shape`.

    Raises:
        InvalidInput: It is not a cursor of this list.
    """
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (ValueError, msgspec.DecodeError):
        remedy = "give back the cursor of the page before, or none to begin at the start"
        raise InvalidInput("cursor", f"{cursor[:40]!r} does not come from this list", remedy) from None
