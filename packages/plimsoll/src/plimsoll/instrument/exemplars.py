"""Which sampled trace the running request belongs to: what a latency bucket links to."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

SAMPLED_TRACE: Final[ContextVar[str]] = ContextVar("plimsoll_sampled_trace", default="")
"""The id of the running request's trace, 32 hexadecimal digits, where that trace is sampled; empty otherwise.

Whoever makes traces sets it around a request; `InstrumentedApplication` and whoever observes a histogram read it.
"""
