"""A line: one connection to the service, on which one call at a time is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from natalis.providers.answer import Answer
from natalis.providers.http1.reading import AnswerReader, BrokenAnswer


class LineBroke(Exception):
    """A call was begun and nothing says what came of it."""


class Line(asyncio.Protocol):
    """One connection. A call that does not end in order takes the connection with it.

    Args:
        loop: The event loop.
        lost: Told once the connection is gone.

    Attributes:
        idle_since: When its last call ended, by the loop's clock.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, lost: Callable[[Line], None]) -> None:
        self._loop = loop
        self._lost = lost
        self._reader = AnswerReader()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self.idle_since = 0.0

    @property
    def is_free(self) -> bool:
        """Whether another call may be made on it."""
        return self._answer is None and self._transport is not None and not self._transport.is_closing()

    async def call(self, request: bytes, timeout: float) -> Answer:  # noqa: ASYNC109 - one timer, and no scope for each call
        """Write a request and return the answer; its body is None when that broke off, came too late or was too long.

        Args:
            request: All of it. It is written once.
            timeout: Seconds until the answer must be there.

        Raises:
            LineBroke: The answer never came, or is none.
            TimeoutError: Nothing of it came in time.
        """
        if self._transport is None or self._answer is not None:
            raise LineBroke("the connection is not free")
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._answer = answer
        timer = self._loop.call_later(timeout, self._overdue)
        try:
            self._reader.begin()
            self._transport.write(request)
            return await answer
        finally:
            timer.cancel()
            self._end()

    def cut(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; asyncio calls this once."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own are of no class of asyncio's

    def data_received(self, data: bytes) -> None:
        """Take bytes in; what nobody asked for makes the connection unfit for anything more."""
        answer = self._answer
        if answer is None or answer.done():
            self.cut()
            return
        try:
            read = self._reader.feed(data)
        except BrokenAnswer as error:
            answer.set_exception(LineBroke(str(error)))
        else:
            if read is not None:
                answer.set_result(read)

    def connection_lost(self, error: Exception | None) -> None:
        """Let the call under way end with what is known of its answer."""
        self._transport = None
        answer = self._answer
        if answer is not None and not answer.done():
            try:
                answer.set_result(self._reader.end())
            except BrokenAnswer as broken:
                answer.set_exception(LineBroke(f"{broken}" if error is None else f"{broken}: {error!r}"))
        self._lost(self)

    def _overdue(self) -> None:
        answer = self._answer
        if answer is not None and not answer.done():
            read = self._reader.cut()
            if read is None:
                answer.set_exception(TimeoutError())
            else:
                answer.set_result(read)

    def _end(self) -> None:
        """Leave the connection ready for the next call, or close it: also when the caller no longer waits."""
        self._answer = None
        self.idle_since = self._loop.time()
        transport = self._transport
        if transport is not None and not (self._reader.keeps and not transport.get_write_buffer_size()):
            transport.abort()
