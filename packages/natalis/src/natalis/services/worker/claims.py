"""Claims, and those whose answer was lost: the worker alone knows that it called nobody for these."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from natalis.domain.delivery import DeliveryKey
from natalis.ports.inbox import Claimed, Inbox


class Claims:
    """Claims for one worker.

    A claim may be committed and its answer lost. Claimed again, the delivery is left out, and would wait for its lease
    to run out as if somebody had been called - for ever, where such a delivery is held for a person. So the worker
    asks again, which waits for whatever is left of the first claim, and then releases what it does not hold.

    Args:
        inbox: The store's view of what is queued.
        worker_id: Who claims; of this start of this process alone.
        lease: How long a claim holds.
    """

    def __init__(self, inbox: Inbox, worker_id: str, lease: timedelta) -> None:
        self._inbox = inbox
        self._worker_id = worker_id
        self._lease = lease
        self._unheard: set[DeliveryKey] = set()

    async def claim(self, keys: Sequence[DeliveryKey], *, now: datetime) -> Sequence[Claimed]:
        """Claim until a lease from now.

        Raises:
            StoreUnavailable: Whether they were claimed is not known.
        """
        try:
            return await self._inbox.claim(keys, worker_id=self._worker_id, now=now, lease_until=now + self._lease)
        except BaseException:
            self._unheard |= set(keys)
            raise

    async def release(self, held: Collection[DeliveryKey], *, now: datetime) -> None:
        """Give back what was claimed without an answer, to be called once the same keys were claimed again, or never.

        Args:
            held: What this worker was told that it holds.
            now: UTC.

        Raises:
            StoreUnavailable: It is to be called again.
        """
        if wanted := self._unheard - set(held):
            await self._inbox.release(wanted, worker_id=self._worker_id, now=now)
        self._unheard.clear()
