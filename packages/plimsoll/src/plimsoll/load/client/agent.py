"""What one virtual user calls with: connections and cookies of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from time import perf_counter_ns
from typing import Any, Final

from plimsoll.load.client.client import Client, nanoseconds
from plimsoll.load.client.connection import Connection
from plimsoll.load.client.cookies import Jar
from plimsoll.load.client.encodings import unpacked
from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.failures import Failed, Failure, failed
from plimsoll.load.client.lanes import Lane
from plimsoll.load.client.redirects import redirected
from plimsoll.load.client.request import IDEMPOTENT, Request
from plimsoll.load.client.urls import Place, place_of
from plimsoll.load.client.wire import Prefix, head_of

_LANES: Final = 64  # origins of one user that keep idle connections
_PLAIN: Final = range(200, 300)  # statuses of answers that need no second look
_LOST: Final = frozenset({Failure.CONNECTION_RESET, Failure.CONNECTION_CLOSED})


class Agent:
    """Fetches, for one user; several of its requests may be in flight at once.

    Args:
        client: What it shares with the others.

    Attributes:
        cookies: The user's; sent and taken where the options say so.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lanes: dict[str, Lane] = {}
        self._keeps_cookies = client.options.cookies
        self._is_closed = False
        self._plain_head = b""  # the last one that said nothing more; most often the next is the same to the letter
        self.cookies = Jar(client.wall)

    def fetch(self, request: Request) -> Coroutine[Any, Any, Exchange]:
        """Send a request and return what came of it.

        Whatever the target does is said in the exchange, and nothing is raised for it.
        """
        started = perf_counter_ns()
        timeout = self._client.timeout if request.timeout is None else nanoseconds(request.timeout)
        return self._fetch(request, started, started + timeout, ())

    async def connect(self, url: str) -> bool:
        """Open a connection ahead, for the first request to find.

        Args:
            url: Where to; only scheme, host and port count.

        Returns:
            Whether there is one now; why there is none, the first request will say.
        """
        deadline = perf_counter_ns() + self._client.connect_timeout
        try:
            prefix = self._client.prefixes.of(Request("GET", url))
            lane = self._lanes.get(prefix.origin) or self._lane(prefix.origin)
            lane.give(await self._connect(prefix.place, lane, deadline, fresh=False))
        except Failed:
            return False
        return True

    def drop_connections(self) -> None:
        """Close the connections that are idle."""
        for lane in self._lanes.values():
            while lane.idle:
                lane.drop()

    def close(self) -> None:
        """Close all connections; what is in flight fails."""
        self._is_closed = True
        for lane in self._lanes.values():
            lane.close()

    async def _fetch(
        self, request: Request, started: int, deadline: int, hops: tuple[Exchange, ...], *, again: bool = False
    ) -> Exchange:
        """Do all of it. One coroutine, for each more would cost a twentieth of the request."""
        prefix = None
        try:
            prefix = self._client.prefixes.of(request)
            lane = self._lanes.get(prefix.origin) or self._lane(prefix.origin)
            connection = lane.idle.pop() if lane.idle and not again else None
            if connection is None or not connection.reusable:
                connection = await self._connect(prefix.place, lane, deadline, fresh=again)
        except Failed as error:
            return _refused(request, prefix, started, error, hops)
        cookie = self.cookies.header_for(prefix.place) if self.cookies.all and not prefix.says_cookie else ""
        head = head_of(prefix, request, cookie)
        try:
            exchange = await connection.ask(request, prefix, head, request.body, started, deadline)
        except asyncio.CancelledError:
            connection.close()
            raise
        if connection.reusable:
            lane.give(connection)
        else:
            connection.close()
        if again or hops:
            exchange.retried, exchange.hops = again, hops
        if exchange.error is None and exchange.status in _PLAIN and exchange.head == self._plain_head:
            return exchange
        return await self._look_again(exchange, deadline)

    async def _look_again(self, exchange: Exchange, deadline: int) -> Exchange:
        """See to what not every answer needs: another try, cookies, unpacking, redirects."""
        if exchange.error is None and exchange.status in _PLAIN and not _says_more(exchange.head):
            self._plain_head = exchange.head
            return exchange
        if self._is_stale(exchange):
            return await self._fetch(exchange.request, exchange.started, deadline, exchange.hops, again=True)
        try:
            self._unpack(exchange)
            following = self._following(exchange)
        except Failed as error:
            exchange.fail(error)
            return exchange
        if following is None:
            return exchange
        return await self._fetch(following, perf_counter_ns(), deadline, (*exchange.hops, exchange))

    def _is_stale(self, exchange: Exchange) -> bool:
        """Say whether the connection was closed while it lay idle, and it is safe to ask again (RFC 9110, 9.2.2)."""
        is_lost = exchange.error in _LOST and exchange.reused and not exchange.received
        return is_lost and exchange.request.method in IDEMPOTENT and not self._is_closed

    def _unpack(self, exchange: Exchange) -> None:
        headers = exchange.headers
        if self._keeps_cookies and "set-cookie" in headers:
            place = place_of(exchange.url)
            for header in headers.all("set-cookie"):
                self.cookies.take(place, header)
        if exchange.body and exchange.error is None and "content-encoding" in headers:
            packed, exchange.body = exchange.body, b""
            exchange.body = unpacked(packed, headers["content-encoding"], self._client.keep)

    def _following(self, exchange: Exchange) -> Request | None:
        said = exchange.request.redirects
        most = self._client.options.redirects if said is None else said
        following = redirected(exchange) if most and exchange.error is None else None
        if following is not None and len(exchange.hops) >= most:
            raise Failed(Failure.TOO_MANY_REDIRECTS, f"more than {most} redirects, the next to {following.url}")
        return following

    def _lane(self, origin: str) -> Lane:
        if len(self._lanes) >= _LANES:
            for known in [known for known, lane in self._lanes.items() if lane.is_at_rest]:
                self._lanes.pop(known).close()
        lane = self._lanes[origin] = Lane(self._client.options.connections_per_origin, self._client.slots)
        return lane

    async def _connect(self, place: Place, lane: Lane, deadline: int, *, fresh: bool) -> Connection:
        left = min(self._client.connect_timeout, deadline - perf_counter_ns())
        try:
            async with asyncio.timeout(left / 1e9):
                while fresh and lane.idle:
                    lane.drop()  # as stale as the one that was tried
                if (connection := await lane.take()) is not None:
                    return connection
                return await self._opened(place, lane)
        except TimeoutError as error:
            raise failed(error) from error

    async def _opened(self, place: Place, lane: Lane) -> Connection:
        client = self._client

        def make() -> Connection:
            return Connection(client.loop, client.deadlines, client.keep, lane.lose)

        try:
            session = lane.session if place.secure and client.options.resume_tls else None
            connection = await client.dialler.dial(place, make, session)
        except BaseException:
            lane.give_up()
            raise
        lane.add(connection)
        if self._is_closed:
            connection.close()
            raise Failed(Failure.CONNECTION_CLOSED, "the user has gone")
        return connection


def _says_more(head: bytes) -> bool:
    """Say whether a head may hold a cookie, or say that the body is packed."""
    lowered = head.lower()
    # Not `in`, which takes a byte string for a number first, and writes and drops an error each time.
    return lowered.find(b"set-cookie:") >= 0 or lowered.find(b"content-encoding:") >= 0


def _refused(
    request: Request, prefix: Prefix | None, started: int, error: Failed, hops: tuple[Exchange, ...]
) -> Exchange:
    """Return the exchange of a request that found no connection."""
    now, url = perf_counter_ns(), "" if prefix is None else prefix.url
    return Exchange(request, started, url, error=error.failure, detail=error.detail, finished=now, hops=hops)
