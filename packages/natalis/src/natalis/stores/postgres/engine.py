"""Runs work on the primary and, where lag can be borne, on the replica; ends only when what was begun has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias, TypeVar

from natalis.errors import StoreUnavailable
from natalis.ports.store import Pool
from natalis.stores.postgres.failures import REPEATABLE
from natalis.stores.postgres.replica import Replica
from natalis.stores.postgres.servers import Server
from natalis.stores.postgres.session import Session

T = TypeVar("T")
Work: TypeAlias = Callable[[Session], Awaitable[T]]
_TRIES = 5  # of a transaction that the server undid because it crossed another one


class Engine:
    """Runs work on the database.

    Args:
        primary: Takes every write, every decision, and reads of one's own write.
        replica: Takes reads that bear lag while it is well; None for none.
    """

    def __init__(self, primary: Server, replica: Replica | None) -> None:
        self._primary = primary
        self._replica = replica
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[None]:
        """Hold off the end until the block has ended; what is done for it says `is_begun`, and is let through."""
        async with self._counted():
            yield

    async def write(self, work: Work[T], *, is_begun: bool = False) -> T:
        """Run `work` in a transaction; it may be run again when that crosses another one, so it must bear that."""
        async with self._counted(is_begun=is_begun):
            return await self._repeated(lambda: self._in_transaction(work))

    async def once(self, work: Work[T], *, is_begun: bool = False) -> T:
        """Run `work`, which is one statement on the primary."""
        async with self._counted(is_begun=is_begun):
            return await self._repeated(lambda: self._alone(work))

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent picture of everything committed before, on the primary."""
        async with self._counted():
            return await self._repeated(lambda: self._in_transaction(work, reading=True))

    async def read_with_lag(self, work: Work[T]) -> T:
        """Run `work` on one consistent picture that may be a second old; a replica that fails is no error."""
        async with self._counted():
            if self._replica is not None:
                found = await self._replica.attempt(work)
                if found is not None:
                    return found.value
            return await self._repeated(lambda: self._in_transaction(work, reading=True))

    def pools(self) -> Sequence[Pool]:
        """Return how many connections are in use."""
        primary = self._primary.pool_as("primary")
        return (primary,) if self._replica is None else (primary, self._replica.pool)

    async def close(self) -> None:
        """Finish what was begun, then let go of every connection; harmless when repeated."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._end())
        await asyncio.shield(self._closing)

    async def _in_transaction(self, work: Work[T], *, reading: bool = False) -> T:
        async with self._primary.transaction(reading=reading) as session:
            return await work(session)

    async def _alone(self, work: Work[T]) -> T:
        async with self._primary.single() as session:
            return await work(session)

    async def _repeated(self, run: Callable[[], Awaitable[T]]) -> T:
        for _ in range(_TRIES - 1):
            try:
                return await run()
            except StoreUnavailable as error:
                if not isinstance(error.__cause__, REPEATABLE):
                    raise
        return await run()

    @asynccontextmanager
    async def _counted(self, *, is_begun: bool = False) -> AsyncIterator[None]:
        if self._closing is not None and not is_begun:
            raise StoreUnavailable(f"the database {self._primary.address.shown} is closed: open it again")
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def _end(self) -> None:
        await self._idle.wait()
        if self._replica is not None:
            await self._replica.close()
        await self._primary.close()
