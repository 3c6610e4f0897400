"""The process itself as metrics: CPU, memory, files, garbage collection, build, and how late its event loop runs."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import resource
import time
import weakref
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from plimsoll.instrument.cells.values import Histogram
from plimsoll.instrument.registry import Mode, Registry

LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Seconds."""
LAG_PERIOD = timedelta(milliseconds=500)
PAUSE_BUCKETS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)
"""Seconds of a collection of garbage, in which nothing else of the process runs."""
_TURNS: Final = 4
"""Of the event loop's measurements, every which one reads what other processes are to be shown."""
_SELF: Final = Path("/proc/self")
_GENERATIONS: Final = ("0", "1", "2")
_TIMED: Final = 1
"""The first generation whose collections are timed: those of generation 0 come every few requests, and are over before
anybody could notice."""


def watch_process(registry: Registry, *, service: str, version: str) -> None:
    """Add `process_*`, `python_gc_*` and `build_info{service,version,python}`."""
    _watch_resources(registry)
    _watch_collections(registry)
    info = registry.gauge(
        "build_info", "Always 1; the labels say what runs.", "service", "version", "python", mode=Mode.MAX
    )
    info.at(service, version, platform.python_version()).set(1)


class LoopLag:
    """How much later than asked the running event loop calls back: what every request waits for as well.

    Where processes report as one, it also reads now and then what is otherwise read at a scrape.

    Args:
        registry: Where `event_loop_lag_seconds` goes.
        period: How often it asks.
    """

    def __init__(self, registry: Registry, period: timedelta = LAG_PERIOD) -> None:
        family = registry.histogram(
            "event_loop_lag_seconds", "How late the event loop calls back.", buckets=LAG_BUCKETS
        )
        self._lag = family.at()
        self._registry = registry
        self._period = period.total_seconds()
        self._handle: asyncio.TimerHandle | None = None
        self._turn = 0

    def start(self) -> None:
        """Begin, on the running loop."""
        loop = asyncio.get_running_loop()
        self._ask(loop)

    def stop(self) -> None:
        """End; harmless when it never began."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _ask(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + self._period
        self._handle = loop.call_at(due, self._answer, loop, due)

    def _answer(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._lag.observe(max(0.0, loop.time() - due))
        if self._registry.is_shared and self._turn % _TURNS == 0:
            self._registry.refresh()
        self._turn += 1
        self._ask(loop)


def _watch_resources(registry: Registry) -> None:
    registry.tally("process_cpu_seconds_total", "Processor time of user and system.", time.process_time)
    if not _SELF.exists():
        return  # only Linux tells the rest without a library
    page, began = os.sysconf("SC_PAGE_SIZE"), _started_at()
    registry.level("process_resident_memory_bytes", "Memory in use.", lambda: _pages()[1] * page)
    registry.level("process_virtual_memory_bytes", "Memory mapped.", lambda: _pages()[0] * page)
    registry.level("process_open_fds", "Open file descriptors.", _open_files)
    registry.level(
        "process_max_fds",
        "How many file descriptors may be open.",
        lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    )
    registry.level("process_start_time_seconds", "Start of the process since 1970.", lambda: began, mode=Mode.MIN)


def _pages() -> tuple[int, int]:
    """Return how many pages are mapped and how many are in memory."""
    mapped, resident = (_SELF / "statm").read_text(encoding="ascii").split()[:2]
    return int(mapped), int(resident)


def _open_files() -> int:
    return sum(1 for _ in (_SELF / "fd").iterdir()) - 1  # one is the folder's


def _started_at() -> float:
    boot = next(
        float(line.split()[1])
        for line in Path("/proc/stat").read_text(encoding="ascii").splitlines()
        if line.startswith("btime")
    )
    after_the_name = (_SELF / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return boot + int(after_the_name[19]) / os.sysconf("SC_CLK_TCK")  # field 22 of proc(5)


def _watch_collections(registry: Registry) -> None:
    def stat(generation: int, key: str) -> Callable[[], float]:
        return lambda: gc.get_stats()[generation][key]

    for name, key, explained in (
        ("python_gc_objects_collected_total", "collected", "Objects that were collected."),
        ("python_gc_objects_uncollectable_total", "uncollectable", "Objects that could not be."),
        ("python_gc_collections_total", "collections", "Times that a generation was collected."),
    ):
        family = registry.counter(name, explained, "generation")
        for number, generation in enumerate(_GENERATIONS):
            family.at(generation).set_function(stat(number, key))
    pauses = registry.histogram(
        "python_gc_pause_seconds", "How long a collection held everything up.", "generation", buckets=PAUSE_BUCKETS
    )
    _time_collections(registry, [pauses.at(generation) for generation in _GENERATIONS[_TIMED:]])


def _time_collections(registry: Registry, pauses: list[Histogram]) -> None:
    """Have the interpreter tell of its collections for as long as the registry is in use."""
    held = [weakref.ref(pause) for pause in pauses]
    began = 0.0

    def heard(phase: str, said: Mapping[str, int]) -> None:
        nonlocal began
        generation = said["generation"]
        if generation < _TIMED:
            return
        if phase == "start":
            began = time.perf_counter()
            return
        pause = held[generation - _TIMED]()
        if pause is not None:
            pause.observe(time.perf_counter() - began)

    gc.callbacks.append(heard)
    weakref.finalize(registry, gc.callbacks.remove, heard)
