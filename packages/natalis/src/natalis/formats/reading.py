"""How a file of people is to be read: what the caller says in place of what would be guessed."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from natalis.errors import InvalidInput


class DateOrder(enum.StrEnum):
    """How dates that are not in ISO order are written."""

    DMY = "dmy"  # 25/05/1990
    MDY = "mdy"  # 05/25/1990


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file.

    Attributes:
        encoding: Its encoding, such as `cp1252`; None to find out.
        delimiter: What separates the fields of a CSV file; None to find out.
        columns: Their name of a column or member to ours (`Geb. am` to `birthday`), before the table of synonyms.
        date_order: How dates are written that are not in ISO order; None refuses them.
        needs_zone: Whether a table without a column for time zones is refused at once, because there is no default;
            otherwise the import decides about each row.
    """

    encoding: str | None = None
    delimiter: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    date_order: DateOrder | None = None
    needs_zone: bool = False


def parsed_columns(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read `theirs=ours` pairs as given on a command line; the last `=` separates.

    Raises:
        InvalidInput: A pair has no `=`, or an empty side.
    """
    columns = {}
    for pair in pairs:
        theirs, _, ours = pair.rpartition("=")
        if not theirs.strip() or not ours.strip():
            raise InvalidInput("map", f"{pair[:60]!r} is not of the form theirs=ours", "write it as 'Geb. am=birthday'")
        columns[theirs.strip()] = ours.strip()
    return columns
