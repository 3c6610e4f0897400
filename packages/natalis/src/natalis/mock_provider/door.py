"""The door: one connection of a caller, on which requests are answered one after another."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias, cast

import httptools
import msgspec

from natalis.mock_provider.exchange import LAST_CHUNK, Cut, Reply, Request, chunk

BODY_LIMIT = 1024 * 1024
"""Bytes that a body may have."""
_HEAD_LIMIT = 64 * 1024
_WAITING_LIMIT = 100  # requests on one connection behind the one that is being answered
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HTTP_1_0 = "1.0"

Answered: TypeAlias = Reply | Cut
Handler: TypeAlias = Callable[[Request], Answered | Awaitable[Answered]]
"""Answers a request, at once where it can; what it has to wait for is cancelled when the caller goes away."""


class Door(asyncio.Protocol):
    """One connection.

    Args:
        handler: Who answers.
        open_doors: Where it is noted while it is open.
    """

    def __init__(self, handler: Handler, open_doors: set[Door]) -> None:
        self._handler = handler
        self._open_doors = open_doors
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._answering: asyncio.Task[None] | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._ended = False  # nothing more is read
        self._key = ""
        self._begin()

    async def close(self) -> None:
        """Let what is under way fall."""
        answering, transport = self._answering, self._transport
        if transport is not None:
            if answering is None and not transport.get_write_buffer_size():
                transport.close()
            else:
                transport.abort()
        if answering is not None:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; asyncio calls this once."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own are of no class of asyncio's
        self._open_doors.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Forget what waits; asyncio calls this once."""
        self._transport = None
        self._open_doors.discard(self)
        self._waiting.clear()
        self._flowing.set()
        if self._answering is not None:
            self._answering.cancel()

    def pause_writing(self) -> None:
        """The caller is slow to read."""
        self._flowing.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._flowing.set()

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        if self._ended:
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # its request has been answered, and nothing else follows
            self._ended = True
        except httptools.HttpParserCallbackError as error:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, repr(error.__context__))
        except httptools.HttpParserError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        if self._size > BODY_LIMIT or self._received > BODY_LIMIT + _HEAD_LIMIT:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {BODY_LIMIT} bytes")
        elif len(self._waiting) > _WAITING_LIMIT:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "more requests wait on one connection than will be answered")

    def on_url(self, url: bytes) -> None:
        """Take note of the target, as the parser calls it, perhaps in pieces."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take note of a header."""
        match name.lower():
            case b"idempotency-key":
                self._key = self._key or value.decode("utf-8", "backslashreplace")
            case b"expect" if value.lower() == b"100-continue":
                self._expects = True
            case b"upgrade":
                self._changes = True

    def on_headers_complete(self) -> None:
        """Take note of the end of a head."""
        if self._expects and self._transport is not None and self._parser.get_http_version() != _HTTP_1_0:
            self._transport.write(_CONTINUE)

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body in."""
        self._size += len(data)
        if self._size <= BODY_LIMIT:
            self._body.append(data)

    def on_message_complete(self) -> None:
        """Answer a request, unless another one of this connection is being answered."""
        if self._size > BODY_LIMIT or self._ended:
            return
        path, _, query = self._target.decode("latin-1").partition("?")
        method = self._parser.get_method().decode("latin-1")
        request = Request(method, path, query, self._key, b"".join(self._body))
        keeps = self._parser.should_keep_alive() and not self._changes
        self._begin()
        if self._answering is None and not self._waiting:
            self._answer(request, keeps=keeps)
        else:
            self._waiting.append((request, keeps))

    def _begin(self) -> None:
        """Expect a request."""
        self._received = 0
        self._size = 0
        self._target = b""
        self._key = ""
        self._expects = False
        self._changes = False  # it asks for another protocol, which there is none of
        self._body: list[bytes] = []

    def _answer(self, request: Request, *, keeps: bool) -> None:
        answered = self._handler(request)
        if isinstance(answered, Cut) or (isinstance(answered, Reply) and answered.rest is None):
            self._write(answered, keeps=keeps)
            return
        self._answering = asyncio.get_running_loop().create_task(self._answer_later(answered, keeps=keeps))

    async def _answer_later(self, answered: Reply | Awaitable[Answered], *, keeps: bool) -> None:
        try:
            reply = answered if isinstance(answered, Reply) else await answered
            self._write(reply, keeps=keeps and isinstance(reply, Reply))
            if isinstance(reply, Reply) and reply.rest is not None:
                await self._write_rest(reply.rest, keeps=keeps)
        except BaseException:
            self._write(Cut(), keeps=False)
            raise
        finally:
            self._answering = None
        while self._waiting and self._answering is None:
            request, still_keeps = self._waiting.popleft()
            self._answer(request, keeps=still_keeps)

    def _write(self, reply: Answered, *, keeps: bool) -> None:
        if self._transport is None:
            return
        if isinstance(reply, Cut):
            self._transport.abort()
            return
        self._transport.write(reply.encoded(keeps=keeps))
        if not keeps and reply.rest is None:
            self._end()

    async def _write_rest(self, rest: AsyncIterator[bytes], *, keeps: bool) -> None:
        async for part in rest:
            await self._flowing.wait()
            if self._transport is None:
                return
            self._transport.write(chunk(part))
        if self._transport is not None:
            self._transport.write(LAST_CHUNK)
            if not keeps:
                self._end()

    def _refuse(self, status: HTTPStatus, problem: str) -> None:
        """Answer what cannot be read, and read no more."""
        if not self._ended:
            self._write(Reply(status, msgspec.json.encode({"error": problem})), keeps=False)
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._waiting.clear()
        if self._transport is not None:
            self._transport.close()
