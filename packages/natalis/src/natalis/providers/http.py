"""The HTTP e-mail service: one call per message, every answer a value.

What an answer means stands in `answer.py`. Without one, what matters is whether the call had been written: a connection
that could not be made is deferred (the message has certainly not been accepted), anything after that is unknown.

The address comes from the operator, so it may be private. Addresses that come from users (webhooks, later) must not be:
they need a resolver that refuses loopback, link-local and private addresses after every lookup.
"""

from __future__ import annotations

import asyncio
from types import MappingProxyType

import aiohttp
from yarl import URL

from natalis.domain.message import Message, flaw_in
from natalis.domain.outcome import Deferred, Outcome, Refused, Unknown
from natalis.ports.clock import Clock
from natalis.providers.answer import Answer, judge
from natalis.providers.call_template import compile_call
from natalis.providers.http_options import HttpOptions

BODY_LIMIT = 64 * 1024
"""Bytes of an answer that are read; one that is longer counts as unreadable."""
_NOT_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
# Compressed answers are not asked for and not unpacked, so none can unpack to more than the limit.
_OURS = MappingProxyType({"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "natalis"})


class HttpProvider:
    """Carries messages to an HTTP e-mail service.

    Args:
        options: How to call it.
        clock: Tells the time that a `Retry-After` date is measured from.

    Raises:
        InvalidInput: The template of the body is not one.
    """

    def __init__(self, options: HttpOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._url = URL(options.target, encoded=True)
        self._body = compile_call(options.body)
        self._headers = {**_OURS, **options.headers}
        # Waiting for a free connection happens here and not in the connector, so that a time-out there always means
        # that no connection could be made.
        self._slots = asyncio.Semaphore(options.connections)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """What metrics, logs and the breaker call it."""
        return "http"

    @property
    def recognises_repeats(self) -> bool:
        """Whether a repeated idempotency key is delivered once only."""
        return self._options.recognises_repeats

    async def send(self, message: Message) -> Outcome:
        """Make one call, bounded by the time-out."""
        flaw = flaw_in(message)
        if flaw is not None:
            return Refused(flaw)
        try:
            body = self._body(message)
        except UnicodeEncodeError:
            return Refused("its text holds half a character, which no encoding has")
        if not await self._take_slot():
            return Deferred("every connection to the service is busy")
        try:
            return await self._attempt(str(message.key), body)
        finally:
            self._slots.release()

    async def close(self) -> None:
        """Let go of connections; a later call is deferred."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _take_slot(self) -> bool:
        if not self._slots.locked():
            return await self._slots.acquire()
        try:
            async with asyncio.timeout(self._options.timeout.total_seconds()):
                return await self._slots.acquire()
        except TimeoutError:
            return False

    async def _attempt(self, key: str, body: bytes) -> Outcome:
        if self._closed:
            return Deferred("the provider is closed")
        try:
            answer = await self._call(key, body)
        except _NOT_WRITTEN as error:
            return Deferred(f"no connection: {error}", outage=True)
        except TimeoutError:
            return Unknown(f"no answer within {self._options.timeout.total_seconds():g} s")
        except (aiohttp.ClientError, OSError) as error:
            return Unknown(f"the connection broke: {error!r}")
        return judge(answer, now=self._clock.now())

    async def _call(self, key: str, body: bytes) -> Answer:
        headers = {**self._headers, self._options.key_header: key}
        async with self._open_session().request(
            self._options.method, self._url, data=body, headers=headers, allow_redirects=False
        ) as response:
            retry_after = response.headers.get("Retry-After")
            try:
                return Answer(response.status, await _read(response.content), retry_after)
            except (aiohttp.ClientError, TimeoutError, OSError):
                return Answer(response.status, None, retry_after)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            total = self._options.timeout.total_seconds()
            # A connection that takes as long as the whole call would end in the wrong time-out.
            connect = min(self._options.connect_timeout.total_seconds(), total / 2)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=self._options.keep_alive.total_seconds()),
                timeout=aiohttp.ClientTimeout(total=total, connect=connect),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


async def _read(content: aiohttp.StreamReader) -> bytes | None:
    """Read a body to its end; None when it is longer than the limit."""
    body = await content.readany()
    while not content.at_eof():
        if len(body) > BODY_LIMIT:
            return None
        body += await content.readany()
    return body if len(body) <= BODY_LIMIT else None
