"""What engines said, put together: second by second once all have said theirs, and the whole run so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plimsoll.load.messages import Slice
from plimsoll.measure import names
from plimsoll.measure.recording import Recording
from plimsoll.measure.results import decode_recording
from plimsoll.measure.tallies import Gauge
from plimsoll.measure.timeline import Timeline

_PATIENCE: Final = 5
"""Seconds that one engine may be behind the others before its second is counted without it."""


class Collector:
    """Puts together what engines say.

    Args:
        engines: How many there are.

    Attributes:
        whole: All of the run so far.
        timeline: The same over time.
    """

    def __init__(self, engines: int) -> None:
        self.whole, self.timeline = Recording(), Timeline()
        self._told = dict.fromkeys(range(engines), -1)
        self._pending: dict[int, Recording] = {}
        self._users: dict[int, list[Slice]] = {}
        self._next = 0

    def take(self, engine: int, told: Slice) -> None:
        """Take what an engine said."""
        second = max(told.second, self._next)  # what comes too late is counted in the second at hand
        self._pending.setdefault(second, Recording()).merge(decode_recording(bytes(told.recording)))
        if told.whole:
            self._users.setdefault(second, []).append(told)
            self._told[engine] = told.second

    def leave(self, engine: int) -> None:
        """Wait for this engine no longer."""
        self._told.pop(engine, None)

    def seconds(self) -> Iterator[tuple[int, Recording]]:
        """Yield each second that is whole now, with what was recorded in it, after adding it to the run."""
        while self._pending and self._next <= self._known():
            part = self._pending.pop(self._next, Recording())
            self._count_users(self._next, part)
            self.whole.merge(part)
            self.timeline.add(self._next, part)
            self._next += 1
            yield self._next - 1, part

    def _known(self) -> int:
        """Return the last second that need not be waited for."""
        if not self._told:
            return max(self._pending)
        return max(min(self._told.values()), max(self._told.values()) - _PATIENCE)

    def _count_users(self, second: int, part: Recording) -> None:
        told = self._users.pop(second, [])
        if not told:
            return
        busy, peak, users = (sum(getattr(each, name) for each in told) for name in ("busy", "peak", "users"))
        gauge = part.tally(names.VUS)
        if isinstance(gauge, Gauge):
            gauge.merge(Gauge(busy, busy, peak, second))
        most = part.tally(names.VUS_MAX)
        if isinstance(most, Gauge):
            most.merge(Gauge(users, users, users, second))
