"""The job itself for workers that are event loops: post with aiohttp, mark with asyncpg, many at once."""

from __future__ import annotations

import asyncio
from datetime import datetime

import aiohttp
import asyncpg

from perf.peers import stock
from perf.peers.situation import now, read
from perf.peers.stock import Message

_MARK = "UPDATE messages SET sent_at = $1 WHERE id = $2 AND sent_at IS NULL"
_MARKS = """
    UPDATE messages SET sent_at = given.sent_at
    FROM unnest($1::timestamptz[], $2::bigint[]) AS given (sent_at, id)
    WHERE messages.id = given.id AND messages.sent_at IS NULL
"""


class Desk:
    """What one event loop works with.

    Args:
        connections: To the database.
        grouped: Whether jobs that wait for their mark at the same time share one statement. Each still returns only
            after its own mark is committed; no job library offers it, but it is twenty lines that anybody may write.
    """

    def __init__(self, *, connections: int, grouped: bool) -> None:
        self._connections = connections
        self._waiting: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._grouped = grouped
        self._writers = 0
        self._writing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect to both sides."""
        situation = read()
        self._provider = aiohttp.ClientSession(
            situation.provider_url, connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        )
        size = self._connections
        # A connection that is given back has nothing to be reset: one round trip less for each mark.
        self._database = await asyncpg.create_pool(
            situation.database_url, min_size=size, max_size=size, reset=_as_it_is
        )

    async def deliver(self, message: Message) -> None:
        """Post the message and mark it `sent`, durably, before returning.

        Raises:
            RuntimeError: The provider did not accept it: the library is to try again.
        """
        async with self._provider.post(stock.PATH, data=message.body, headers=message.headers) as response:
            answer = await response.read()
            if response.status != 200 or b'"success":true' not in answer:
                raise RuntimeError(f"answered {response.status}")
        if self._grouped:
            await self._mark_together(message.number)
        else:
            await self._database.execute(_MARK, now(), message.number)

    async def close(self) -> None:
        """Let go of both sides."""
        await self._provider.close()
        await self._database.close()

    async def _mark_together(self, number: int) -> None:
        marked = asyncio.get_running_loop().create_future()
        self._waiting.append((now(), number, marked))
        if self._writers < self._connections:
            self._writers += 1
            task = asyncio.create_task(self._write())
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        await marked

    async def _write(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting, []
                instants, numbers, marks = zip(*taken, strict=True)
                try:
                    await self._database.execute(_MARKS, instants, numbers)
                except Exception as error:  # noqa: BLE001 - told to every job that waits for this statement
                    _tell(marks, error)
                else:
                    _tell(marks, None)
        finally:
            self._writers -= 1


def _tell(marks: tuple[asyncio.Future[None], ...], error: Exception | None) -> None:
    for mark in marks:
        if mark.done():
            continue
        if error is None:
            mark.set_result(None)
        else:
            mark.set_exception(error)


async def _as_it_is(_: object) -> None:
    """Reset nothing."""
