"""The HTTP e-mail service: one call per message, every answer a value.

What an answer means stands in `answer.py`, how a call is made in `http1/`. Without an answer, what matters is whether
the call had been written: a connection that could not be made is deferred (the message has certainly not been
accepted), anything after that is unknown.

The address comes from the operator, so it may be private. Addresses that come from users (webhooks, later) must not be:
they need a resolver that refuses loopback, link-local and private addresses after every lookup.
"""

from __future__ import annotations

import asyncio
import ssl

from natalis.domain.message import Message, flaw_in
from natalis.domain.outcome import Deferred, Outcome, Refused, Unknown
from natalis.ports.clock import Clock
from natalis.providers.answer import Answer, judge
from natalis.providers.call_template import compile_call
from natalis.providers.http1.dialing import Dialer, Place
from natalis.providers.http1.line import Line, LineBroke
from natalis.providers.http1.lines import Lines
from natalis.providers.http1.request import compile_request
from natalis.providers.http_options import HttpOptions


class HttpProvider:
    """Carries messages to an HTTP e-mail service.

    Args:
        options: How to call it.
        clock: Tells the time that a `Retry-After` date is measured from.

        trust: What the service's certificate is checked against; None for what the system trusts.

    Raises:
        InvalidInput: The template of the body is not one.
    """

    def __init__(self, options: HttpOptions, clock: Clock, trust: ssl.SSLContext | None = None) -> None:
        self._options = options
        self._clock = clock
        place = Place.of(options.target)
        self._body = compile_call(options.body)
        self._request = compile_request(options, place)
        self._slots = asyncio.Semaphore(options.connections)
        self._lines = Lines(Dialer(place, trust), options.keep_alive.total_seconds())
        self._timeout = options.timeout.total_seconds()
        # A connection that takes as long as the whole call would end in the wrong time-out.
        self._connect_timeout = min(options.connect_timeout.total_seconds(), self._timeout / 2)
        self._closed = False

    @property
    def name(self) -> str:
        """What metrics, logs and the breaker call it."""
        return "http"

    @property
    def recognises_repeats(self) -> bool:
        """Whether a repeated idempotency key is delivered once only."""
        return self._options.recognises_repeats

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._lines)

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
            return await self._attempt(str(message.key), body, message.traceparent)
        finally:
            self._slots.release()

    async def close(self) -> None:
        """Let go of connections; a later call is deferred."""
        if not self._closed:
            self._closed = True
            await self._lines.close()

    async def _take_slot(self) -> bool:
        if not self._slots.locked():
            return await self._slots.acquire()
        try:
            async with asyncio.timeout(self._timeout):
                return await self._slots.acquire()
        except TimeoutError:
            return False

    async def _attempt(self, key: str, body: bytes, traceparent: str) -> Outcome:
        if self._closed:
            return Deferred("the provider is closed")
        begun = asyncio.get_running_loop().time()
        try:
            line = self._lines.take_idle() or await self._lines.dial(self._connect_timeout)
        except (OSError, UnicodeError) as error:
            return Deferred(f"no connection: {str(error) or 'it took too long'}", outage=True)
        left = self._timeout - (asyncio.get_running_loop().time() - begun)
        try:
            answer = await self._call(line, self._request(key, body, traceparent), left)
        except TimeoutError:
            return Unknown(f"no answer within {self._timeout:g} s")
        except LineBroke as error:
            return Unknown(f"the connection broke: {error}")
        return judge(answer, now=self._clock.now())

    async def _call(self, line: Line, request: bytes, timeout: float) -> Answer:  # noqa: ASYNC109 - passed on
        try:
            return await line.call(request, timeout)
        finally:
            self._lines.give_back(line)
