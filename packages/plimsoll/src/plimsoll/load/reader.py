"""Reads one mapping of settings: every key is asked for, what is left over is refused with the nearest known key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from plimsoll.errors import InvalidInput
from plimsoll.load.nearest import nearest
from plimsoll.measure.durations import duration_of

_Value = TypeVar("_Value")


class Reader:
    """Reads a mapping; keys may be written as k6 does (`startVUs`) or as Python does (`start_vus`).

    Args:
        where: What to call it in errors, for example `options.scenarios.browse`.
        plain: What was written.

    Raises:
        InvalidInput: It is no mapping, or says one thing twice.
    """

    def __init__(self, where: str, plain: object) -> None:
        if not isinstance(plain, Mapping):
            raise InvalidInput(where, f"{plain!r} is no mapping", "write {…}")
        self._where = where
        self._left: dict[str, Any] = {}
        self._known: list[str] = []
        for key, value in plain.items():
            if _folded(str(key)) in self._left:
                raise InvalidInput(f"{where}.{key}", "it is said twice", "say it once")
            self._left[_folded(str(key))] = (key, value)

    def field(self, key: str) -> str:
        """Return what to call a key in errors."""
        return f"{self._where}.{key}"

    def has(self, key: str) -> bool:
        """Return whether a key was written and not read yet."""
        return _folded(key) in self._left

    def any(self, key: str, default: Any = None) -> Any:
        """Return what was written, whatever it is."""
        self._known.append(key)
        _, value = self._left.pop(_folded(key), (key, default))
        return default if value is None else value

    def length(self, key: str, default: timedelta | None = None) -> timedelta:
        """Return a length of time: text such as `30s`, or seconds.

        Raises:
            InvalidInput: It is none, or is missing and there is no default.
        """
        match self.any(key):
            case None:
                return self._or_missing(key, default, "30s")
            case timedelta() as given:
                return given
            case bool():
                pass
            case str() | int() | float() as given:
                return duration_of(str(given), self.field(key))
            case _:
                pass
        raise InvalidInput(self.field(key), "it is no length of time", "write it as text, such as 30s")

    def whole(self, key: str, default: int | None = None, least: int = 0) -> int:
        """Return a whole number.

        Raises:
            InvalidInput: It is none, too small, or missing without a default.
        """
        given = self.any(key)
        if given is None:
            return self._or_missing(key, default, 10)
        if not isinstance(given, int) or isinstance(given, bool) or given < least:
            raise InvalidInput(self.field(key), f"{given!r} is no such number", f"give a whole one from {least} on")
        return given

    def number(self, key: str, default: float | None = None, *, above: float = -1) -> float:
        """Return a number.

        Raises:
            InvalidInput: It is none, too small, or missing without a default.
        """
        given = self.any(key)
        if given is None:
            return self._or_missing(key, default, 10)
        if not isinstance(given, int | float) or isinstance(given, bool) or not above < given < float("inf"):
            raise InvalidInput(self.field(key), f"{given!r} is no such number", f"give one above {max(above, 0):g}")
        return float(given)

    def text(self, key: str, default: str | None = None) -> str:
        """Return text.

        Raises:
            InvalidInput: It is none, or is missing and there is no default.
        """
        given = self.any(key)
        if given is None:
            return self._or_missing(key, default, "text")
        if not isinstance(given, str):
            raise InvalidInput(self.field(key), f"{given!r} is no text", "write it in quotes")
        return given

    def truth(self, key: str, *, default: bool = False) -> bool:
        """Return True or False.

        Raises:
            InvalidInput: It is neither.
        """
        given = self.any(key, default)
        if not isinstance(given, bool):
            raise InvalidInput(self.field(key), f"{given!r} is neither True nor False", "write True or False")
        return given

    def texts(self, key: str) -> dict[str, str]:
        """Return texts by name; empty where there are none.

        Raises:
            InvalidInput: It is no mapping.
        """
        given = self.any(key, {})
        if not isinstance(given, Mapping):
            raise InvalidInput(self.field(key), f"{given!r} is no mapping", "write {…}")
        return {str(name): str(value) for name, value in given.items()}

    def items(self, key: str) -> Sequence[Any]:
        """Return a list.

        Raises:
            InvalidInput: It is none, or is missing.
        """
        given = self.any(key)
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            raise InvalidInput(self.field(key), f"{given!r} is no list that holds something", "write [{…}, …]")
        return given

    def end(self) -> None:
        """Refuse what nobody asked for.

        Raises:
            InvalidInput: There is such a key.
        """
        for key, _ in self._left.values():
            raise InvalidInput(self.field(str(key)), "there is no such setting", nearest(str(key), self._known))

    def _or_missing(self, key: str, default: _Value | None, example: object) -> _Value:
        if default is None:
            raise InvalidInput(self.field(key), "it is missing", f"give it, such as {example!r}")
        return default


def _folded(key: str) -> str:
    return re.sub(r"[_-]", "", key).lower()
