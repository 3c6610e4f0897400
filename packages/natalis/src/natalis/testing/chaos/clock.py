"""A clock that can be set off: the machine's, plus an offset that another process writes."""

from __future__ import annotations

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path

from natalis.clocks.system import SystemClock

_SECONDS = struct.Struct("d")


class Hand:
    """Sets the clock of the process that reads the same file; it shows at once, also in a process that was stopped.

    Args:
        path: A file, made anew with no offset.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(_SECONDS.pack(0.0))

    def set_off(self, by: timedelta) -> None:
        """Have the clock differ from the machine's by this much; zero sets it right again."""
        with self.path.open("r+b") as file:
            file.write(_SECONDS.pack(by.total_seconds()))


class SkewedClock(SystemClock):
    """The machine's clock, set off by what the file says; `monotonic` and `sleep` are as true as the machine's."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._offset = mmap.mmap(file.fileno(), _SECONDS.size, access=mmap.ACCESS_READ)

    def now(self) -> datetime:
        """Return the present instant (UTC) as this clock has it."""
        (seconds,) = _SECONDS.unpack_from(self._offset)
        return super().now() + timedelta(seconds=seconds)
