"""Gathering: people whom many callers bring at the same moment go into the store together, and each caller is told.

A statement and a commit for each of them cost the server, and this process, several times what one for all does. Nobody
waits for company: whoever comes while nothing is under way goes at once, and who comes meanwhile shares the next lot.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from natalis.errors import InvalidInput
from natalis.ports.people import Arrival, Reception

LANES = 2  # lots under way at once: one is made ready while the server flushes the other
LOT = 64  # arrivals in one lot: enough to share a flush, few enough to answer the first one soon
Store: TypeAlias = Callable[[Sequence[Arrival]], Awaitable[Sequence[Reception]]]
_Waiting: TypeAlias = tuple[Arrival, asyncio.Future[Reception]]


class Gathering:
    """Adds people in lots.

    Args:
        store: Stores a lot, each of them or none; says in their order what came of each.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[_Waiting] = deque()
        self._lanes: set[asyncio.Task[None]] = set()

    async def add(self, arrival: Arrival) -> Reception:
        """Add one; raises what its lot met with."""
        future: asyncio.Future[Reception] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, future))
        if len(self._lanes) < LANES:
            lane = asyncio.ensure_future(self._serve())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return await future

    async def _serve(self) -> None:
        while self._waiting:
            lot = [self._waiting.popleft() for _ in range(min(LOT, len(self._waiting)))]
            await self._add_together([each for each in lot if not each[1].done()])  # some gave up meanwhile

    async def _add_together(self, lot: Sequence[_Waiting]) -> None:
        if not lot:
            return
        try:
            receptions = await self._store([arrival for arrival, _ in lot])
        except InvalidInput as error:  # the server said so and stored nobody: the others are not to suffer for one
            if len(lot) == 1:
                _fail(lot, error)
            else:
                for each in lot:
                    await self._add_together([each])
        except BaseException as error:
            _fail(lot, error)
            if not isinstance(error, Exception):
                raise
        else:
            for (_, future), reception in zip(lot, receptions, strict=True):
                if not future.done():
                    future.set_result(reception)


def _fail(lot: Sequence[_Waiting], error: BaseException) -> None:
    for _, future in lot:
        if not future.done():
            future.set_exception(error)
