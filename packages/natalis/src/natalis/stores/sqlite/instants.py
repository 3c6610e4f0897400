"""Instants as the store keeps them: whole microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
BEGINNING = -(2**62)
"""Before every instant."""
END = 2**62
"""After every instant."""


def stored(instant: datetime) -> int:
    """Return an instant as the store keeps it, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def read(microseconds: int) -> datetime:
    """Return a stored instant (UTC)."""
    return _EPOCH + timedelta(microseconds=microseconds)


def stored_if_any(instant: datetime | None) -> int | None:
    """Return an instant as the store keeps it, or None."""
    return None if instant is None else stored(instant)


def read_if_any(microseconds: int | None) -> datetime | None:
    """Return a stored instant (UTC), or None."""
    return None if microseconds is None else read(microseconds)
