"""A sliding window over a run, in bounded memory: the worst figure that any stretch of one length gave."""

from __future__ import annotations

import copy
from collections import deque
from datetime import timedelta
from math import ceil
from typing import Final

from plimsoll.measure.conditions import Condition, figure_of
from plimsoll.measure.recording import merge_tally
from plimsoll.measure.tallies import Tally

PARTS: Final = 60
"""A window is kept as at most so many parts, and slides by one of them (never less than a second)."""


class Window:
    """Watches one condition over every stretch of one length.

    Args:
        condition: What shall be so in each.
        length: How long a stretch is.
    """

    def __init__(self, condition: Condition, length: timedelta) -> None:
        self._condition = condition
        self._length = length.total_seconds()
        self._step = max(1, ceil(self._length / PARTS))
        self._parts: deque[tuple[float, Tally | None]] = deque()
        self._ended = 0.0
        self._worst: float | None = None
        self._was_full = False

    def feed(self, tally: Tally | None, elapsed: timedelta) -> None:
        """Take what was recorded since the last time.

        Args:
            tally: Of the metric in question; None where nothing was.
            elapsed: From the start of the run to the end of that.
        """
        began, self._ended = self._ended, elapsed.total_seconds()
        if self._parts and int(began / self._step) == int(self._parts[-1][0] / self._step):
            self._parts[-1] = (self._parts[-1][0], _sum(self._parts[-1][1], tally))
        else:
            self._parts.append((began, _sum(None, tally)))
        while len(self._parts) > 1 and self._parts[0][0] < self._ended - self._length - _SLACK:
            self._parts.popleft()
        self._look()

    def judged(self) -> tuple[bool | None, float | None]:
        """Return whether it held in every stretch so far, and the worst figure; of a shorter run, in the whole."""
        worst = self._worst if self._was_full else self._now()
        return (None, None) if worst is None else (self._condition.holds(worst), worst)

    def _look(self) -> None:
        if self._ended + _SLACK < self._length or (actual := self._now()) is None:
            return
        self._was_full = True
        self._worst = actual if self._worst is None else self._condition.worse(self._worst, actual)

    def _now(self) -> float | None:
        whole: Tally | None = None
        for _, tally in self._parts:
            whole = _sum(whole, tally)
        if whole is None or not self._parts:
            return None
        return figure_of(whole, self._condition, self._ended - self._parts[0][0])


_SLACK: Final = 0.5  # seconds by which a slice may come late or early


def _sum(first: Tally | None, second: Tally | None) -> Tally | None:
    if first is None:
        return copy.deepcopy(second)
    if second is not None:
        merge_tally(first, second)
    return first
