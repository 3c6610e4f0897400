"""What one virtual user calls with: connections and cookies of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from time import perf_counter_ns
from typing import Any

from plimsoll.load.client.client import Client, nanoseconds
from plimsoll.load.client.connection import Connection
from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.failures import Failed, failed
from plimsoll.load.client.lanes import Lane
from plimsoll.load.client.request import Request
from plimsoll.load.client.urls import Place
from plimsoll.load.client.wire import head_of


class Agent:
    """Fetches, for one user; several of its requests may be in flight at once.

    Args:
        client: What it shares with the others.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lanes: dict[str, Lane] = {}

    def fetch(self, request: Request) -> Coroutine[Any, Any, Exchange]:
        """Send a request and return what came of it.

        Whatever the target does is said in the exchange, and nothing is raised for it.
        """
        started = perf_counter_ns()
        timeout = self._client.timeout if request.timeout is None else nanoseconds(request.timeout)
        return self._fetch(request, started, started + timeout)

    def close(self) -> None:
        """Close all connections."""
        for lane in list(self._lanes.values()):
            for connection in list(lane.idle):
                connection.close()

    async def _fetch(self, request: Request, started: int, deadline: int) -> Exchange:
        try:
            prefix = self._client.prefixes.of(request)
            lane = self._lanes.get(prefix.origin) or self._lane(prefix.origin)
            connection = lane.idle.pop() if lane.idle else await self._connect(prefix.place, lane, deadline)
        except Failed as error:
            return Exchange(request, started, error=error.failure, detail=error.detail, finished=perf_counter_ns())
        try:
            exchange = await connection.ask(
                request, prefix, head_of(prefix, request, ""), request.body, started, deadline
            )
        except asyncio.CancelledError:
            connection.close()
            raise
        if connection.reusable:
            lane.give(connection)
        else:
            connection.close()
        return exchange

    def _lane(self, origin: str) -> Lane:
        lane = self._lanes[origin] = Lane(self._client.options.connections_per_origin)
        return lane

    async def _connect(self, place: Place, lane: Lane, deadline: int) -> Connection:
        left = min(self._client.connect_timeout, deadline - perf_counter_ns())
        try:
            async with asyncio.timeout(left / 1e9):
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
            return await client.dialler.dial(place, make)
        except BaseException:
            lane.lose()
            raise
