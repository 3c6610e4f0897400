"""The ending: after the signal one deadline holds for all that is still to be done, whatever hangs meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection
from datetime import timedelta
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")
BEYOND_CALLS = timedelta(seconds=3)
"""For writing what came of calls, giving back and closing: with 25 s for calls less than the usual 30 s after SIGTERM.

What is not done by then is nobody's loss: leases run out, and the queue takes back what was not acknowledged.
"""
_CLOSING = timedelta(seconds=1)  # of that
_log = logging.getLogger(__name__)


class Ending:
    """When a process must be gone.

    Args:
        calls: How long calls under way may take to end.
    """

    def __init__(self, calls: timedelta) -> None:
        self.stopping = asyncio.Event()
        self._span = (calls + BEYOND_CALLS).total_seconds()
        self._gone_at: float | None = None

    async def cut_off(self, loops: Collection[asyncio.Task[None]]) -> None:
        """Wait for `stopping`, from which on the time runs, and cancel the loops that are stuck when it is over."""
        await self.stopping.wait()
        self._gone_at = asyncio.get_running_loop().time() + self._span
        with contextlib.suppress(TimeoutError):
            async with self.working():
                await asyncio.wait(loops)
        for loop in loops:
            loop.cancel()

    def working(self) -> asyncio.Timeout:
        """Bound what services do; what they leave undone must not use up the time for closing."""
        return asyncio.timeout_at(None if self._gone_at is None else self._gone_at - _CLOSING.total_seconds())

    def closing(self) -> asyncio.Timeout:
        """Bound what closes; without a bound where no signal has come, such as after a start that failed."""
        return asyncio.timeout_at(self._gone_at)

    def hurried(self, context: contextlib.AbstractAsyncContextManager[T]) -> _Hurried[T]:
        """Return the same context, whose exit is given up when the time is over."""
        return _Hurried(context, self)


class _Hurried(contextlib.AbstractAsyncContextManager[T], Generic[T]):
    def __init__(self, context: contextlib.AbstractAsyncContextManager[T], ending: Ending) -> None:
        self._context = context
        self._ending = ending

    async def __aenter__(self) -> T:
        return await self._context.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> Any:
        limit = self._ending.closing()
        try:
            async with limit:
                return await self._context.__aexit__(kind, error, trace)
        except TimeoutError:
            if not limit.expired():
                raise
            _log.warning("the time to stop was over before all was closed; leases cover what was under way")
            return None
