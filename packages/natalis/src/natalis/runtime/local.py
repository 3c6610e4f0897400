"""What the command line takes from the machine it runs on: the clock, files of people, a newer zone database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from natalis.clocks.system import SystemClock
from natalis.formats.reading import DateOrder, Reading, parsed_columns
from natalis.ports.clock import Clock
from natalis.ports.zones import Zones
from natalis.zones.pinned import TzdataZones

if TYPE_CHECKING:
    from natalis.formats.detect import OpenFile

DATE_ORDERS = tuple(str(order) for order in DateOrder)


def machine_clock() -> Clock:
    """Return the real clock."""
    return SystemClock()


def people_file(
    file: BinaryIO,
    *,
    name: str = "",
    encoding: str | None = None,
    delimiter: str | None = None,
    pairs: tuple[str, ...] = (),
    date_order: str | None = None,
    needs_zone: bool = True,
) -> OpenFile:
    """Open a file of people.

    Args:
        file: Seekable; the caller closes it.
        name: The file's name.
        encoding: Its encoding; None to find out.
        delimiter: Of a CSV file; None to find out.
        pairs: What columns mean, each as `theirs=ours`.
        date_order: One of `DATE_ORDERS`; None for ISO dates alone.
        needs_zone: Whether a table without a column of time zones is refused.

    Raises:
        InvalidInput: It is not such a file, or what is said of it cannot be right.
    """
    from natalis.formats.detect import open_people  # noqa: PLC0415 - loads the detection of encodings

    order = DateOrder(date_order) if date_order else None
    reading = Reading(encoding, delimiter, parsed_columns(pairs), order, needs_zone)
    return open_people(file, name=name, reading=reading)


def zones_in(folder: Path, version: str | None) -> Zones:
    """Return the zone database in a folder; raises `InvalidInput` when it holds none, or does not say its release."""
    return TzdataZones(folder.expanduser(), version)
