"""The queue inside one process: a list of keys that wait; the store itself is the durable queue behind it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import timedelta

from natalis.domain.delivery import DeliveryKey
from natalis.errors import TransportUnavailable
from natalis.ports.clock import Clock
from natalis.ports.transport import Parcel


class EmbeddedQueue:
    """What waits, and who waits for it; every `EmbeddedTransport` made on it shares it."""

    def __init__(self) -> None:
        self.keys: deque[DeliveryKey] = deque()
        self._receivers: deque[asyncio.Future[None]] = deque()

    def put(self, keys: Sequence[DeliveryKey]) -> None:
        """Add keys behind those that wait, and wake who waits for them."""
        self.keys.extend(keys)
        self._wake(len(self.keys))

    def give_back(self, keys: Sequence[DeliveryKey]) -> None:
        """Put keys back in front."""
        self.keys.extendleft(reversed(keys))
        self._wake(len(self.keys))

    def take(self, limit: int) -> list[DeliveryKey]:
        """Remove up to `limit` keys, oldest first."""
        return [self.keys.popleft() for _ in range(min(limit, len(self.keys)))]

    def receiver(self) -> asyncio.Future[None]:
        """Return what is done once there may be a key."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._receivers.append(waiting)
        return waiting

    def leave(self, waiting: asyncio.Future[None]) -> None:
        """Stop waiting; hand the turn on if it came in the same moment."""
        if waiting in self._receivers:
            self._receivers.remove(waiting)
        elif self.keys:
            self._wake(1)

    def _wake(self, count: int) -> None:
        while count > 0 and self._receivers:
            waiting = self._receivers.popleft()
            if not waiting.done():
                waiting.set_result(None)
                count -= 1


class EmbeddedTransport:
    """One process's queue. What a crash takes from it is still due in the store: `Recovery.reclaim` finds it.

    Args:
        clock: Measures a receiver's patience.
        queue: Shared with other connections of the same process; a new one when left out.
    """

    def __init__(self, clock: Clock, queue: EmbeddedQueue | None = None) -> None:
        self._clock = clock
        self._queue = queue or EmbeddedQueue()
        self._held: dict[int, DeliveryKey] = {}
        self._receipts = 0
        self._closed = False

    async def publish(self, keys: Sequence[DeliveryKey]) -> None:
        """Put keys into the queue."""
        self._check_open()
        self._queue.put(keys)

    async def receive(self, limit: int, *, patience: timedelta) -> Sequence[Parcel]:
        """Take up to `limit` keys, waiting up to `patience` for the first."""
        self._check_open()
        if not self._queue.keys and patience > timedelta(0):
            await self._wait(patience)
            self._check_open()
        return [self._parcel(key) for key in self._queue.take(limit)]

    async def ack(self, parcels: Sequence[Parcel]) -> None:
        """Forget parcels."""
        self._check_open()
        for parcel in parcels:
            if isinstance(parcel.receipt, int):
                self._held.pop(parcel.receipt, None)

    async def depth(self) -> int:
        """Count the keys that wait."""
        self._check_open()
        return len(self._queue.keys)

    async def close(self) -> None:
        """Give back what was received and not acknowledged."""
        self._closed = True
        self._queue.give_back(list(self._held.values()))
        self._held.clear()

    async def _wait(self, patience: timedelta) -> None:
        waiting = self._queue.receiver()
        timer = asyncio.ensure_future(self._clock.sleep(patience))
        try:
            await asyncio.wait({waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            self._queue.leave(waiting)

    def _parcel(self, key: DeliveryKey) -> Parcel:
        self._receipts += 1
        self._held[self._receipts] = key
        return Parcel(key, self._receipts)

    def _check_open(self) -> None:
        if self._closed:
            raise TransportUnavailable("the embedded queue is closed")
