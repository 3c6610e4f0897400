"""Meters: CPU and memory of process trees from /proc, WAL from PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MEBIBYTE = 1024 * 1024
_BETWEEN_LOOKS = 0.5  # seconds; a look costs some milliseconds, which are not to be seen in the figures
_UTIME, _AFTER_CSTIME, _RSS = 11, 15, 21  # fields of proc(5) stat, counted from the state, which follows the name


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the CPU time of processes, with that of their children that have ended and been waited for."""
    return sum(sum(map(int, fields[_UTIME:_AFTER_CSTIME])) for fields in map(_stat, pids) if fields) / _TICKS


@dataclass(slots=True)
class Memory:
    """The most that a tree of processes was seen to have resident, in MiB.

    Attributes:
        total: All processes together; pages that several share are counted for each.
        proportional: The same with shared pages divided among those that share them (PSS).
        largest: The one process that had most.
    """

    total: float = 0.0
    proportional: float = 0.0
    largest: float = 0.0

    def see(self, pids: Sequence[int]) -> None:
        """Look once."""
        sizes = [int(fields[_RSS]) * _PAGE / _MEBIBYTE for fields in map(_stat, pids) if fields]
        self.total = max(self.total, sum(sizes))
        self.largest = max(self.largest, *sizes, 0.0)
        self.proportional = max(self.proportional, sum(map(_proportional, pids)))


class MemoryWatch:
    """Looks at the memory of a tree twice a second, in a thread, for as long as the block lasts."""

    def __init__(self, pids: Callable[[], Sequence[int]]) -> None:
        self.memory = Memory()
        self._pids = pids
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        self.memory.see(self._pids())
        while not self._over.wait(_BETWEEN_LOOKS):
            self.memory.see(self._pids())


def _stat(pid: int) -> list[str]:
    """Return the fields that follow the name; none when it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return []


def _proportional(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1]) / 1024
    return 0.0
