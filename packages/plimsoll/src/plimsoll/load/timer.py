"""Rings at an instant of the monotonic clock: a timer descriptor of Linux, the loop's own timer elsewhere.

A loop's timers are good for a millisecond: uvloop counts whole ones. A descriptor of `timerfd_create(2)` rings within
tens of microseconds, takes absolute instants and waits in the same epoll as all sockets.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, Final, Protocol

_SECOND: Final = 1_000_000_000
_CLOCK_MONOTONIC: Final = 1
_TFD_TIMER_ABSTIME: Final = 1
_FLAGS: Final = os.O_NONBLOCK | os.O_CLOEXEC if hasattr(os, "O_CLOEXEC") else 0  # TFD_* are the same numbers


class Timer(Protocol):
    """Rings once for each time it is set; setting it again replaces what was set."""

    def set(self, at: int) -> None:
        """Ring at an instant of `time.perf_counter_ns`, at once where it has passed."""

    def close(self) -> None:
        """Ring no more."""


class _Spec(ctypes.Structure):
    """`struct itimerspec`: interval, then value, each in seconds and nanoseconds."""

    _fields_ = (
        ("again_s", ctypes.c_long),
        ("again_ns", ctypes.c_long),
        ("s", ctypes.c_long),
        ("ns", ctypes.c_long),
    )


class DescriptorTimer:
    """A timer descriptor.

    Args:
        loop: Where to ring.
        ring: What to call.

    Raises:
        OSError: The system has none.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], object]) -> None:
        library: Any = ctypes.CDLL(None, use_errno=True)
        try:
            self._settime = library.timerfd_settime
            self._fd = int(library.timerfd_create(_CLOCK_MONOTONIC, _FLAGS))
        except AttributeError as error:
            raise OSError("the system has no timer descriptors") from error
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._spec = _Spec()
        self._pointer = ctypes.byref(self._spec)
        self._loop, self._ring = loop, ring
        loop.add_reader(self._fd, self._rung)

    def set(self, at: int) -> None:
        """Ring at an instant of `time.perf_counter_ns`, at once where it has passed."""
        self._spec.s, self._spec.ns = divmod(max(at, 1), _SECOND)  # zero would stop it
        self._settime(self._fd, _TFD_TIMER_ABSTIME, self._pointer, None)

    def close(self) -> None:
        """Ring no more."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _rung(self) -> None:
        try:
            os.read(self._fd, 8)  # else it rings on
        except BlockingIOError:
            return  # it was set again in between
        self._ring()


class LoopTimer:
    """The loop's own timer: good for about a millisecond.

    Args:
        loop: Where to ring.
        ring: What to call.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], object]) -> None:
        self._loop, self._ring = loop, ring
        self._handle: asyncio.TimerHandle | None = None

    def set(self, at: int) -> None:
        """Ring at an instant of `time.perf_counter_ns`, at once where it has passed."""
        self.close()
        self._handle = self._loop.call_later(max(0, at - perf_counter_ns()) / _SECOND, self._ring)

    def close(self) -> None:
        """Ring no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


def timer(loop: asyncio.AbstractEventLoop, ring: Callable[[], object]) -> Timer:
    """Return the best timer that the system has."""
    if sys.platform == "linux":
        try:
            return DescriptorTimer(loop, ring)
        except OSError:
            pass  # an old kernel, or a sandbox
    return LoopTimer(loop, ring)


async def until(at: int) -> None:
    """Wait for an instant of `time.perf_counter_ns`, as exactly as the loop's own timers go."""
    if (left := at - perf_counter_ns()) > 0:
        await asyncio.sleep(left / _SECOND)  # noqa: TID251 - this is the generator's clock
