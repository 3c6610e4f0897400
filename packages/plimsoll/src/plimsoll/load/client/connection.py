"""A connection: sends one request at a time and settles its exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final, cast

from plimsoll.load.client.answers import AnswerReader
from plimsoll.load.client.deadlines import NEVER, Deadlines
from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.failures import Failed, Failure, failed

_TOGETHER: Final = 64 * 1024  # bytes of a body that are copied behind the head, for one write in place of two
_PATIENCE: Final = 1.0  # seconds to wait for leave to send a body (RFC 9110, section 10.1.1: not indefinitely)
_TOO_LARGE: Final = Failed(Failure.BODY_TOO_LARGE, "the body is longer than what is kept; it was counted")


class Connection(asyncio.Protocol):
    """One connection of one user; use it by `ask`, from answer to answer while it is `reusable`.

    Args:
        loop: Where it runs.
        deadlines: What ends its waiting.
        keep: The most bytes of a body that are kept; 0 for none.
        on_closed: Called once, when it is closed.

    Attributes:
        deadline: When the exchange in flight is given up, in ns of `perf_counter_ns`.
        is_closed: Whether it is.
        reusable: Whether another request may follow.
        served: How many exchanges it has begun.
        address: Where it goes.
        tls_version: Empty for none.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, deadlines: Deadlines, keep: int, on_closed: Callable[[Connection], None]
    ) -> None:
        self._loop = loop
        self._deadlines = deadlines
        self._reader = AnswerReader(keep)
        self._on_closed = on_closed
        self._exchange: Exchange | None = None
        self._answered: asyncio.Future[None] = loop.create_future()
        self._is_paused = False
        self._held = b""
        self.deadline = NEVER
        self.is_closed = False
        self.reusable = True
        self.served = 0
        self.address = ""
        self.tls_version = ""

    def ask(self, exchange: Exchange, head: bytes, body: bytes, deadline: int) -> asyncio.Future[None]:
        """Send a request; what is returned is done when the exchange is settled, whatever came of it."""
        answered = self._begin(exchange, deadline)
        if body:
            self._write_both(head, body)
        else:
            self._transport.write(head)
        exchange.sent = len(head) + len(body)
        if not self._is_paused:
            exchange.sent_at = perf_counter_ns()
        return answered

    def ask_leave(self, exchange: Exchange, head: bytes, body: bytes, deadline: int) -> asyncio.Future[None]:
        """Send the head of a request, and its body when the server gives leave, or says nothing for a second."""
        answered = self._begin(exchange, deadline)
        self._held = body
        self._transport.write(head)
        exchange.sent = len(head)
        timer = self._loop.call_later(_PATIENCE, self._send_held)
        answered.add_done_callback(lambda _: timer.cancel())
        return answered

    def close(self) -> None:
        """Close it; an exchange in flight is settled as failed."""
        self.reusable = False
        self._transport.abort()

    def expire(self) -> None:
        """Give up the exchange in flight."""
        if (exchange := self._exchange) is not None:
            what = "the rest of the answer" if exchange.first_at else "an answer"
            seconds = (self.deadline - exchange.started) / 1e9
            self._fail(Failed(Failure.TIMEOUT, f"no sign of {what} within {seconds:g} s"), perf_counter_ns())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)
        self._deadlines.watch(self)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        now = perf_counter_ns()
        exchange = self._exchange
        if exchange is None:
            self.close()  # nobody asked
            return
        if not exchange.first_at:
            exchange.first_at = now
        exchange.received += len(data)
        try:
            is_whole = self._reader.feed(data)
        except Failed as error:
            self._fail(error, now)
            return
        if is_whole:
            self._settle(exchange, now)
        elif self._reader.may_go_on:
            self._after_interim(exchange)

    def pause_writing(self) -> None:
        """Called by the loop: the system takes no more."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Called by the loop: the system has taken all."""
        self._is_paused = False
        if (exchange := self._exchange) is not None and not self._held:
            exchange.sent_at = perf_counter_ns()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        now = perf_counter_ns()
        self.is_closed, self.reusable = True, False
        self._deadlines.forget(self)
        if (exchange := self._exchange) is not None:
            self._end(exchange, exc, now)
        self._on_closed(self)

    def _begin(self, exchange: Exchange, deadline: int) -> asyncio.Future[None]:
        self._reader.begin(is_bodiless=exchange.request.method == "HEAD")
        self._exchange = exchange
        self._answered = answered = self._loop.create_future()
        self.deadline = deadline
        if deadline < self._deadlines.next:
            self._deadlines.hasten(deadline)
        if self.served:
            exchange.reused = True
        self.served += 1
        exchange.address = self.address
        exchange.tls_version = self.tls_version
        exchange.ready = perf_counter_ns()
        return answered

    def _write_both(self, head: bytes, body: bytes) -> None:
        if len(body) <= _TOGETHER:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))

    def _send_held(self) -> None:
        if self._held and (exchange := self._exchange) is not None:
            body, self._held = self._held, b""
            self._transport.write(body)
            exchange.sent += len(body)
            if not self._is_paused:
                exchange.sent_at = perf_counter_ns()

    def _after_interim(self, exchange: Exchange) -> None:
        self._reader.may_go_on = False
        if not self._reader.head:
            exchange.first_at = 0  # the answer is still to come
        self._send_held()

    def _settle(self, exchange: Exchange, now: int) -> None:
        reader = self._reader
        exchange.finished = now
        exchange.status = reader.status
        exchange.head = reader.head  # type: ignore[assignment]  # of a whole answer it is bytes
        exchange.body = reader.body  # type: ignore[assignment]  # as the head
        exchange.body_size = reader.size
        if reader.is_too_large:
            exchange.fail(_TOO_LARGE, now)
        self.reusable = reader.keep_alive and exchange.sent_at != 0 and not self.is_closed
        self._held = b""
        self._exchange = None
        self.deadline = NEVER
        if not self._answered.done():
            self._answered.set_result(None)

    def _fail(self, error: Failed, now: int) -> None:
        """Settle the exchange in flight with what there is of it."""
        if (exchange := self._exchange) is not None:
            exchange.fail(error, now)
            self._settle(exchange, now)
        self.close()

    def _end(self, exchange: Exchange, error: Exception | None, now: int) -> None:
        try:
            if error is not None:
                raise failed(error)  # noqa: TRY301 - both ends of a connection are told apart here
            self._reader.end()
        except Failed as failure:
            self._fail(failure, now)
        else:
            self._settle(exchange, now)
