"""Lines that are kept: taken for a call, given back after it, closed when nobody has used them for long."""

from __future__ import annotations

import asyncio

from natalis.providers.http1.dialing import Dialer
from natalis.providers.http1.line import Line

_GOODBYE = 1.0  # seconds that connections have to be gone at the end


class Lines:
    """The connections to one place. How many there are is for the caller to limit; it lives in one event loop.

    Args:
        dialer: Makes them.
        keep_alive: Seconds that one is kept without a call.
    """

    def __init__(self, dialer: Dialer, keep_alive: float) -> None:
        self._dialer = dialer
        self._keep_alive = keep_alive
        self._open: set[Line] = set()
        self._idle: list[Line] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False
        self._emptied: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """Count those that are open."""
        return len(self._open)

    def take_idle(self) -> Line | None:
        """Return the line that was used last, which is the least likely to be just being closed; None for none."""
        while self._idle:
            line = self._idle.pop()
            if line.is_free:
                return line
        return None

    async def dial(self, timeout: float) -> Line:  # noqa: ASYNC109 - passed on
        """Return a new line.

        Raises:
            OSError: That is not possible; also as `TimeoutError`, within that many seconds.
        """
        loop = asyncio.get_running_loop()
        line = await self._dialer.dial(lambda: Line(loop, self._forget), timeout)
        if self._closed:
            line.cut()
            raise ConnectionAbortedError("the connections were closed meanwhile")
        self._open.add(line)
        return line

    def give_back(self, line: Line) -> None:
        """Keep a line for the next call, if it bears another one."""
        if line.is_free:
            self._idle.append(line)
            if self._sweep is None:
                self._sweep = asyncio.get_running_loop().call_later(self._keep_alive, self._close_idle)

    async def close(self) -> None:
        """Close every line; calls under way break."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        await self._dialer.close()
        for line in self._open:
            line.cut()
        if self._open:
            self._emptied = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._emptied}, timeout=_GOODBYE)

    def _close_idle(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self._keep_alive
        kept = [line for line in self._idle if line.idle_since > oldest]
        for line in self._idle:
            if line.idle_since <= oldest:
                line.cut()
        self._idle, self._sweep = kept, None
        if kept:
            self._sweep = loop.call_at(min(line.idle_since for line in kept) + self._keep_alive, self._close_idle)

    def _forget(self, line: Line) -> None:
        self._open.discard(line)
        if not self._open and self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)
