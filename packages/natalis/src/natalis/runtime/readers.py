"""Readers: from the text of a setting to its value, one for each type that a setting may have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import NewType

from natalis.domain.occasion import Lateness, Until, Within
from plimsoll.instrument.cost import Prices, read_prices

Ratio = NewType("Ratio", float)
"""A part of a whole, from 0 to 1."""
ALL = Ratio(1.0)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", re.ASCII)
_UNITS = MappingProxyType(
    {
        "ms": timedelta(milliseconds=1),
        "s": timedelta(seconds=1),
        "m": timedelta(minutes=1),
        "h": timedelta(hours=1),
        "d": timedelta(days=1),
    }
)
_TRUTHS = MappingProxyType({"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False})


def read_span(text: str) -> timedelta:
    """Read a span of time such as `250ms`, `30s`, `15m`, `24h`, `7d`, or several in a row: `1h 30m`."""
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).strip():
        raise ValueError("write a span of time such as 250ms, 30s, 15m, 24h or 1h 30m")
    try:
        return sum((float(number) * _UNITS[unit] for number, unit in parts), timedelta(0))
    except OverflowError:
        raise ValueError("write a shorter span of time") from None


def read_truth(text: str) -> bool:
    """Read yes or no."""
    try:
        return _TRUTHS[text.strip().casefold()]
    except KeyError:
        raise ValueError("write true or false") from None


def read_whole(text: str) -> int:
    """Read a whole number, zero or more."""
    if not text.strip().isdecimal():
        raise ValueError("write a whole number")
    return int(text)


def read_rate(text: str) -> float | None:
    """Read a rate per second; 0 or nothing for no limit."""
    try:
        rate = float(text or 0)
    except ValueError:
        raise ValueError("write a number per second, such as 50, or 0 for no limit") from None
    if not 0 <= rate < float("inf"):
        raise ValueError("write a number per second that is zero or more")
    return rate or None


def read_ratio(text: str) -> Ratio:
    """Read a part of a whole, from 0 to 1."""
    try:
        ratio = float(text)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise ValueError("write a number from 0 to 1, such as 0.1")
    return Ratio(ratio)


def read_optional_ratio(text: str) -> Ratio | None:
    """Read a part of a whole, from 0 to 1; nothing for none."""
    return read_ratio(text) if text else None


def read_local_time(text: str) -> time:
    """Read a local time such as `09:00`."""
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        raise ValueError("write a local time such as 09:00") from None


def read_lateness(text: str) -> Lateness:
    """Read a lateness budget: a span after the fire time, `24h`, or a local time of the day, `until 18:00`."""
    if text.startswith("until "):
        return Until(read_local_time(text.removeprefix("until ")))
    try:
        return Within(read_span(text))
    except ValueError:
        raise ValueError("write a span such as 24h, or a local time such as until 18:00") from None


def read_path(text: str) -> Path | None:
    """Read a path; nothing for none."""
    return Path(text).expanduser() if text else None


def read_text(text: str) -> str:
    """Read a text as it is."""
    return text


def read_optional_text(text: str) -> str | None:
    """Read a text; nothing for none."""
    return text or None


def read_texts(text: str) -> Mapping[str, str]:
    """Read a JSON object of texts such as `{"Authorization": "Bearer …"}`; nothing for none."""
    try:
        found = json.loads(text or "{}")
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError('write a JSON object of texts such as {"Authorization": "Bearer …"}')
    return MappingProxyType(found)


def written(value: object) -> str:
    """Write a value of a setting in the form that its reader takes; nothing for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return _written_span(value)
    if isinstance(value, Prices):
        return value.written
    return json.dumps(dict(value)) if isinstance(value, Mapping) else str(value)


def _written_span(span: timedelta) -> str:
    whole = (unit for unit in ("d", "h", "m", "s") if span >= _UNITS[unit] and not span % _UNITS[unit])
    unit = next(whole, "ms" if span else "s")
    return f"{span / _UNITS[unit]:g}{unit}"


READERS: Mapping[object, Callable[[str], object]] = MappingProxyType(
    {
        str: read_text,
        str | None: read_optional_text,
        int: read_whole,
        bool: read_truth,
        float | None: read_rate,
        Ratio: read_ratio,
        Ratio | None: read_optional_ratio,
        timedelta: read_span,
        Path | None: read_path,
        Prices | None: read_prices,
        Mapping[str, str]: read_texts,
    }
)
"""By the type of the setting."""
