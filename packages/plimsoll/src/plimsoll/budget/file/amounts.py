"""Quantities as people write them in a budget file: `300 ms`, `0.1 %`, `1,000/s`, `128 MB`, `4.5`."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    """What a quantity counts."""

    SECONDS = "a time"
    SHARE = "a share"
    PER_SECOND = "a rate"
    BYTES = "a size"
    NUMBER = "a number"


_SUFFIXES: Final[dict[str, tuple[Unit, float]]] = {
    "us": (Unit.SECONDS, 1e-6),
    "ms": (Unit.SECONDS, 1e-3),
    "s": (Unit.SECONDS, 1.0),
    "m": (Unit.SECONDS, 60.0),
    "min": (Unit.SECONDS, 60.0),
    "h": (Unit.SECONDS, 3600.0),
    "d": (Unit.SECONDS, 86400.0),
    "%": (Unit.SHARE, 0.01),
    "/s": (Unit.PER_SECOND, 1.0),
    "/min": (Unit.PER_SECOND, 1 / 60),
    "KB": (Unit.BYTES, 1e3),
    "MB": (Unit.BYTES, 1e6),
    "GB": (Unit.BYTES, 1e9),
    "KiB": (Unit.BYTES, 2.0**10),
    "MiB": (Unit.BYTES, 2.0**20),
    "GiB": (Unit.BYTES, 2.0**30),
    "": (Unit.NUMBER, 1.0),
}
_NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WRITTEN: Final = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<suffix>[A-Za-z%/]*)")
EXAMPLES: Final = {
    Unit.SECONDS: "300 ms",
    Unit.SHARE: "0.1 %",
    Unit.PER_SECOND: "1,000/s",
    Unit.BYTES: "128 MB",
    Unit.NUMBER: "1,000",
}
EXAMPLES_AT: Final = {
    "for": "2m",
    "window": "30d",
    "rate": "5m",
    "over": "1h",
    "wait": "10s",
    "interval": "10s",
    "repeat": "12h",
    "traffic": "1/s",
}
"""What may stand at the keys whose unit is always the same: 300 ms is a time too, and would help nobody there."""
NO_QUANTITY: Final = "is no quantity"


class Amount:
    """A quantity. No dataclass, because msgspec would look for an object in the file where a text stands.

    Attributes:
        value: In the base of its unit: seconds, a share of 1, per second, bytes, or a plain number.
        unit: What it counts.
        text: As it was written.
    """

    __slots__ = ("text", "unit", "value")

    def __init__(self, value: float, unit: Unit, text: str) -> None:
        self.value = value
        self.unit = unit
        self.text = text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Amount):
            return NotImplemented
        return (self.value, self.unit) == (other.value, other.unit)

    def __hash__(self) -> int:
        return hash((self.value, self.unit))

    def __repr__(self) -> str:
        return f"Amount({self.text!r})"


def pattern_of(unit: Unit | None) -> str:
    """Return the regular expression, in the words of JSON Schema, of quantities of a unit; of all where it is None."""
    suffixes = "|".join(suffix for suffix, (its, _) in _SUFFIXES.items() if unit in {its, None} and suffix)
    optional = "?" if unit in {Unit.NUMBER, None} else ""
    return rf"^\s*(?:{_NUMBER})\s*(?:{suffixes}){optional}\s*$" if suffixes else rf"^\s*(?:{_NUMBER})\s*$"


def amount_of(written: object) -> Amount:
    """Read a quantity.

    Raises:
        ValueError: It is none; says what one looks like.
    """
    text = str(written) if isinstance(written, int | float) and not isinstance(written, bool) else written
    match = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or match["suffix"] not in _SUFFIXES:
        raise ValueError(f"{written!r} {NO_QUANTITY}; write it as {', '.join(EXAMPLES.values())} or 4.5")
    unit, factor = _SUFFIXES[match["suffix"]]
    # in decimals, for 99.9 * 0.01 is 0.9990000000000001
    value = Decimal(match["number"].replace(",", "")) * Decimal(repr(factor))
    return Amount(float(value), unit, match[0])
