"""The process itself as metrics: CPU, memory, garbage collection, build, and how late its event loop runs."""

from __future__ import annotations

import asyncio
import platform
from datetime import timedelta

from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from plimsoll.instrument.registry import Registry

LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Seconds."""
LAG_PERIOD = timedelta(milliseconds=500)


def watch_process(registry: Registry, *, service: str, version: str) -> None:
    """Add `process_*`, `python_gc_*` and `build_info{service,version,python}`."""
    nowhere = CollectorRegistry()  # both collectors register themselves on construction, by default globally
    registry.add(ProcessCollector(registry=nowhere))
    registry.add(GCCollector(registry=nowhere))
    info = registry.gauge("build_info", "Always 1; the labels say what runs.", "service", "version", "python")
    info.at(service, version, platform.python_version()).set(1)


class LoopLag:
    """How much later than asked the running event loop calls back: what every request waits for as well.

    Args:
        registry: Where `event_loop_lag_seconds` goes.
        period: How often it asks.
    """

    def __init__(self, registry: Registry, period: timedelta = LAG_PERIOD) -> None:
        family = registry.histogram(
            "event_loop_lag_seconds", "How late the event loop calls back.", buckets=LAG_BUCKETS
        )
        self._lag = family.at()
        self._period = period.total_seconds()
        self._handle: asyncio.TimerHandle | None = None

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
        self._ask(loop)
