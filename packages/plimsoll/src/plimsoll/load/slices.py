"""What an engine says once a second: cut in pieces small enough that no arrival waits for the cutting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice
from time import perf_counter_ns, process_time_ns
from typing import Final

import msgspec

from plimsoll.load.channels import Series
from plimsoll.load.crew import Crew, yielded
from plimsoll.load.messages import Slice
from plimsoll.load.pipes import Pipes
from plimsoll.load.scopes import Scopes
from plimsoll.load.timer import until
from plimsoll.measure import names
from plimsoll.measure.recording import Metric, Recording, Tags
from plimsoll.measure.results import encode_recording
from plimsoll.measure.tallies import Tally, Trend

_SECOND: Final = 1_000_000_000
_PIECE: Final = 12
"""Series in a piece: those of one set of tags."""


class Slicer:
    """Says what was recorded.

    Args:
        scopes: Where it was.
        crews: The users, to be counted.
        pipes: Where to say it.
        start: Of the run, an instant of `time.perf_counter_ns`.
    """

    def __init__(self, scopes: Scopes, crews: Sequence[Crew], pipes: Pipes, start: int) -> None:
        self._scopes, self._crews, self._pipes, self._start = scopes, crews, pipes, start
        self._second = 0
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._cpu: tuple[int, int] | None = None

    def begin(self) -> None:
        """Say it once a second from now on."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def last(self) -> None:
        """Say what is left, and end."""
        async with self._lock:  # it must not be cancelled in the midst of a cut: what was cut off would be lost
            if self._task is not None:
                self._task.cancel()
            await self._cut()

    async def _run(self) -> None:
        await until(self._start)
        self._cpu = (perf_counter_ns(), process_time_ns())
        while True:
            await until(self._start + (self._second + 1) * _SECOND)
            async with self._lock:
                await self._cut()
                self._second += 1

    async def _cut(self) -> None:
        series = self._scopes.drain()
        while piece := tuple(islice(series, _PIECE)):
            self._say(piece, whole=False)
            await yielded()
        cpu = self._used()
        busy, peak, users = (sum(getattr(crew, name) for crew in self._crews) for name in ("busy", "peak", "made"))
        for crew in self._crews:
            crew.peak = crew.busy
        self._pipes.say(Slice(self._second, _encoded(cpu), whole=True, busy=busy, peak=max(peak, busy), users=users))

    def _say(self, piece: Sequence[Series], *, whole: bool) -> None:
        self._pipes.say(Slice(self._second, _encoded(piece), whole=whole))

    def _used(self) -> tuple[tuple[Metric, Tags, Tally], ...]:
        """Return which share of a core was used since the last time; nothing for a stretch that says little."""
        now = (perf_counter_ns(), process_time_ns())
        if self._cpu is None or now[0] - self._cpu[0] < _SECOND // 2:
            return ()
        trend = names.GENERATOR_CPU.tally()
        if isinstance(trend, Trend):
            trend.add(100 * (now[1] - self._cpu[1]) / (now[0] - self._cpu[0]))
        self._cpu = now
        return ((names.GENERATOR_CPU, (), trend),)


def _encoded(piece: Sequence[Series]) -> msgspec.Raw:
    recording = Recording()
    for metric, tags, tally in piece:
        recording.metrics[metric.name] = metric
        recording.series[(metric.name, tags)] = tally
    return msgspec.Raw(encode_recording(recording))
