"""A connection: sends one request at a time and makes an exchange of what comes back."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final, cast

from plimsoll.load.client.answers import AnswerReader
from plimsoll.load.client.deadlines import NEVER, Deadlines
from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.failures import Failed, Failure, failed
from plimsoll.load.client.request import Request
from plimsoll.load.client.wire import Prefix

_TOGETHER: Final = 64 * 1024  # bytes of a body that are copied behind the head, for one write in place of two
_PATIENCE: Final = 1.0  # seconds to wait for leave to send a body (RFC 9110, section 10.1.1: not indefinitely)
_TOO_LARGE: Final = Failed(Failure.BODY_TOO_LARGE, "the body is longer than what is kept; it was counted")


class Connection(asyncio.Protocol):
    """One connection of one user; use it by `ask`, from answer to answer while it is `reusable`.

    What is known of the exchange in flight lies here, in plain slots, and becomes an `Exchange` at its end.

    Args:
        loop: Where it runs.
        deadlines: What ends its waiting.
        keep: The most bytes of a body that are kept; 0 for none.
        on_closed: Called once, when it is closed.

    Attributes:
        deadline: When the exchange in flight is given up, in ns of `perf_counter_ns`.
        reusable: Whether another request may follow.
        rested: Since when it is idle, in ns; 0 before its first answer.
        address: Where it goes.
        tls_version: Empty for none.
        shaken: TLS on it; None for none.
        looking_up: How long it took to find its address (ns); of the first exchange, as the next two.
        connecting: How long it took to connect.
        tls: How long it took to shake hands.
    """

    __slots__ = (
        "_answered",
        "_deadlines",
        "_first_at",
        "_held",
        "_is_paused",
        "_loop",
        "_on_closed",
        "_prefix",
        "_reader",
        "_ready",
        "_received",
        "_request",
        "_sent",
        "_sent_at",
        "_started",
        "_transport",
        "address",
        "connecting",
        "deadline",
        "looking_up",
        "rested",
        "reusable",
        "shaken",
        "tls",
        "tls_version",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, deadlines: Deadlines, keep: int, on_closed: Callable[[Connection], None]
    ) -> None:
        self._loop = loop
        self._deadlines = deadlines
        self._reader = AnswerReader(keep)
        self._on_closed = on_closed
        self._request: Request | None = None
        self._is_paused = False
        self._held = b""
        self.deadline = NEVER
        self.reusable = True
        self.rested = self.looking_up = self.connecting = self.tls = 0
        self.address = self.tls_version = ""
        self.shaken: ssl.SSLObject | None = None

    def ask(  # noqa: PLR0917 - by name it would cost more, and this is done for each request
        self, request: Request, prefix: Prefix, head: bytes, body: bytes, started: int, deadline: int
    ) -> asyncio.Future[Exchange]:
        """Send a request; what is returned is done when there is an answer, or none to be expected.

        Args:
            request: What the exchange is told of.
            prefix: As `request`.
            head: What is sent: request line and headers.
            body: What is sent behind it.
            started: When the client was asked, in ns of `perf_counter_ns`.
            deadline: When to give up, in the same.
        """
        self._request, self._prefix, self._started, self.deadline = request, prefix, started, deadline
        self._first_at = self._sent_at = self._received = 0
        self._reader.begin(is_bodiless=request.method == "HEAD")
        self._answered = answered = self._loop.create_future()
        if deadline < self._deadlines.next:
            self._deadlines.hasten(deadline)
        self._ready = perf_counter_ns()
        if not body:
            self._transport.write(head)
            self._sent = len(head)
            if not self._is_paused:
                self._sent_at = perf_counter_ns()
        elif prefix.expects:
            self._hold(head, body)
        else:
            self._send_both(head, body)
        return answered

    def close(self) -> None:
        """Close it; an exchange in flight is settled as failed."""
        self.reusable = False
        self._transport.abort()

    def expire(self) -> None:
        """Give up the exchange in flight."""
        if self._request is not None:
            what = "the rest of the answer" if self._first_at else "an answer"
            seconds = (self.deadline - self._started) / 1e9
            self._fail(Failed(Failure.TIMEOUT, f"no sign of {what} within {seconds:g} s"), perf_counter_ns())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)
        self._deadlines.watch(self)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        now = perf_counter_ns()
        if self._request is None:
            self.close()  # nobody asked
            return
        if not self._first_at:
            self._first_at = now
        self._received += len(data)
        try:
            is_whole = self._reader.feed(data)
        except Failed as error:
            self._fail(error, now)
            return
        if is_whole:
            self._settle(now)
        elif self._reader.may_go_on:
            self._after_interim()

    def pause_writing(self) -> None:
        """Called by the loop: the system takes no more."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Called by the loop: the system has taken all."""
        self._is_paused = False
        if self._request is not None and not self._held:
            self._sent_at = perf_counter_ns()

    def eof_received(self) -> None:
        """Called by the loop: the other side says no more, and the loop closes the connection."""
        self.reusable = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        now = perf_counter_ns()
        self.reusable = False
        self._deadlines.forget(self)
        if self._request is not None:
            self._end(exc, now)
            self.reusable = False
        self._on_closed(self)

    def _send_both(self, head: bytes, body: bytes) -> None:
        if len(body) <= _TOGETHER:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))
        self._sent = len(head) + len(body)
        if not self._is_paused:
            self._sent_at = perf_counter_ns()

    def _hold(self, head: bytes, body: bytes) -> None:
        """Send the head, and the body when the server gives leave, or says nothing for a second."""
        self._held = body
        self._transport.write(head)
        self._sent = len(head)
        timer = self._loop.call_later(_PATIENCE, self._send_held)
        self._answered.add_done_callback(lambda _: timer.cancel())

    def _send_held(self) -> None:
        if self._held:
            body, self._held = self._held, b""
            self._transport.write(body)
            self._sent += len(body)
            if not self._is_paused:
                self._sent_at = perf_counter_ns()

    def _after_interim(self) -> None:
        self._reader.may_go_on = False
        if not self._reader.head:
            self._first_at = 0  # the answer is still to come
        self._send_held()

    def _settle(self, now: int, error: Failed | None = None) -> None:
        request, reader, answered = self._request, self._reader, self._answered
        if error is None and reader.is_too_large:
            error = _TOO_LARGE
        self.reusable = reader.keep_alive and self._sent_at != 0 and not self._prefix.closes
        if request is not None and not answered.done():
            # By position, in the order of the class: twice as fast as by name, and this is done for each request.
            answered.set_result(
                Exchange(
                    request,
                    self._started,
                    self._prefix.url,
                    reader.status,
                    None if error is None else error.failure,
                    "" if error is None else error.detail,
                    reader.head,  # type: ignore[arg-type]  # whole, it is bytes
                    reader.body,  # type: ignore[arg-type]  # as the head
                    reader.size,
                    self.tls_version,
                    self.address,
                    self._sent,
                    self._received,
                    self.rested != 0,
                    self.looking_up,
                    self.connecting,
                    self.tls,
                    self._ready,
                    self._sent_at,
                    self._first_at,
                    now,
                )
            )
        self._request, self._held, self.deadline = None, b"", NEVER
        self.rested = now
        self.looking_up = self.connecting = self.tls = 0

    def _fail(self, error: Failed, now: int) -> None:
        """Settle the exchange in flight with what there is of it."""
        self._reader.give_up()
        self._settle(now, error)
        self.close()

    def _end(self, error: Exception | None, now: int) -> None:
        try:
            if error is not None:
                raise failed(error)
            self._reader.end()
        except Failed as failure:
            self._fail(failure, now)
        else:
            self._settle(now)
