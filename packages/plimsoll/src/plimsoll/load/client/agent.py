"""What one virtual user calls with: connections and cookies of its own."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

from plimsoll.load.client.client import Client, nanoseconds
from plimsoll.load.client.connection import Connection
from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.failures import Failed, failed
from plimsoll.load.client.lanes import Lane
from plimsoll.load.client.request import Request
from plimsoll.load.client.urls import Place
from plimsoll.load.client.wire import Prefix, wire_of


class Agent:
    """Fetches, for one user; several of its requests may be in flight at once.

    Args:
        client: What it shares with the others.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lanes: dict[str, Lane] = {}

    async def fetch(self, request: Request) -> Exchange:
        """Send a request and return what came of it.

        Whatever the target does is said in the exchange, and nothing is raised for it.
        """
        exchange = Exchange(request, perf_counter_ns())
        timeout = self._client.timeout if request.timeout is None else nanoseconds(request.timeout)
        await self._run(exchange, exchange.started + timeout)
        return exchange

    def close(self) -> None:
        """Close all connections."""
        for lane in list(self._lanes.values()):
            for connection in list(lane.idle):
                connection.close()

    async def _run(self, exchange: Exchange, deadline: int) -> None:
        request = exchange.request
        try:
            prefix = self._client.prefixes.of(request)
            exchange.url = prefix.place.url
            lane = self._lane(prefix.place)
            connection = lane.idle.pop() if lane.idle else await self._connect(prefix.place, lane, exchange, deadline)
        except Failed as error:
            exchange.fail(error, perf_counter_ns())
            return
        await self._ask(connection, exchange, prefix, deadline)
        if connection.reusable:
            lane.give(connection)
        else:
            connection.close()

    async def _ask(self, connection: Connection, exchange: Exchange, prefix: Prefix, deadline: int) -> None:
        head, body = wire_of(prefix, exchange.request, "")
        try:
            await connection.ask(exchange, head, body, deadline)
        except asyncio.CancelledError:
            connection.close()
            raise

    def _lane(self, place: Place) -> Lane:
        lane = self._lanes.get(place.origin)
        if lane is None:
            lane = self._lanes[place.origin] = Lane(self._client.options.connections_per_origin)
        return lane

    async def _connect(self, place: Place, lane: Lane, exchange: Exchange, deadline: int) -> Connection:
        left = min(self._client.connect_timeout, deadline - perf_counter_ns())
        try:
            async with asyncio.timeout(left / 1e9):
                if (connection := await lane.take()) is not None:
                    return connection
                return await self._opened(place, lane, exchange)
        except TimeoutError as error:
            raise failed(error) from error

    async def _opened(self, place: Place, lane: Lane, exchange: Exchange) -> Connection:
        client = self._client

        def make() -> Connection:
            return Connection(client.loop, client.deadlines, client.keep, lane.lose)

        try:
            return await client.dialler.dial(place, exchange, make)
        except BaseException:
            lane.lose()
            raise
