"""Lengths of time as people write them: `30s`, `1m30s`, `500ms`, `2h`, `1d`; a bare number counts seconds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from plimsoll.errors import InvalidInput

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+")
_LONGEST: Final = 366 * 86400.0


def duration_of(text: str, field: str) -> timedelta:
    """Return a length of time, as k6 and Go write it.

    Args:
        text: For example `1m30s`.
        field: What to call it in an error.

    Raises:
        InvalidInput: It is none, or longer than a year.
    """
    plain = text.strip().replace(" ", "")
    if re.fullmatch(r"\d+(?:\.\d+)?", plain):
        seconds = float(plain)
    elif _WHOLE.fullmatch(plain):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(plain))
    else:
        raise InvalidInput(field, f"{text!r} is no length of time", "write it as 500ms, 30s, 1m30s, 2h or 1d")
    if seconds > _LONGEST:
        raise InvalidInput(field, f"{text!r} is longer than a year", "give a shorter one")
    return timedelta(seconds=seconds)


def in_words(length: timedelta) -> str:
    """Return a length of time in the shortest such words: `1m30s`, `1.5s`, `250ms`, `0s`."""
    milliseconds = round(length.total_seconds() * 1000)
    if milliseconds < 1000:  # noqa: PLR2004 - a second
        return f"{milliseconds}ms" if milliseconds else "0s"
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    rest = f"{seconds + milliseconds / 1000:g}s"
    parts = (f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", "" if rest == "0s" else rest)
    return "".join(parts)
