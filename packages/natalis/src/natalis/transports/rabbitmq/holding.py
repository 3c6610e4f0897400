"""What was received and not yet acknowledged, and which messages an acknowledgement completes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from natalis.domain.delivery import DeliveryKey
from natalis.ports.transport import Parcel


@dataclass(frozen=True, slots=True, eq=False)
class _Lot:
    tag: int
    keys: Sequence[DeliveryKey]
    open: set[int]


@dataclass(frozen=True, slots=True)
class _Receipt:
    lot: _Lot
    index: int


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledgement to send: of message `tag`, or of every one up to it."""

    tag: int
    multiple: bool


class Holding:
    """The messages of one channel. A message is acknowledged when all of its keys are."""

    def __init__(self) -> None:
        self._held: dict[int, _Lot] = {}
        self._waiting: deque[Parcel] = deque()

    @property
    def messages(self) -> int:
        """How many messages are not acknowledged."""
        return len(self._held)

    @property
    def waiting(self) -> int:
        """How many keys nobody has taken yet."""
        return len(self._waiting)

    def add(self, tag: int, keys: Sequence[DeliveryKey]) -> None:
        """Take in a message; tags only grow."""
        lot = self._held[tag] = _Lot(tag, keys, set(range(len(keys))))
        self._waiting.extend(Parcel(key, _Receipt(lot, index)) for index, key in enumerate(keys))

    def take(self, limit: int) -> list[Parcel]:
        """Hand out up to `limit` keys, oldest first."""
        return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    def ack(self, parcels: Iterable[Parcel]) -> list[Ack]:
        """Note keys as acknowledged, and return what that completes. Parcels of another channel are passed over."""
        complete: set[int] = set()
        for parcel in parcels:
            receipt = parcel.receipt
            if not isinstance(receipt, _Receipt) or self._held.get(receipt.lot.tag) is not receipt.lot:
                continue
            receipt.lot.open.discard(receipt.index)
            if not receipt.lot.open:
                complete.add(receipt.lot.tag)
        return self._let_go(complete)

    def withdraw(self) -> list[Parcel]:
        """Hand out nothing of what waits: return it, to be put into the queue anew and then acknowledged."""
        waiting, self._waiting = list(self._waiting), deque()
        return waiting

    def restore(self, parcels: Sequence[Parcel]) -> None:
        """Let withdrawn parcels wait again, in front."""
        self._waiting.extendleft(reversed(parcels))

    def unacknowledged(self) -> list[Parcel]:
        """Return every key that is held, handed out or not."""
        return [
            Parcel(lot.keys[index], _Receipt(lot, index)) for lot in self._held.values() for index in sorted(lot.open)
        ]

    def _let_go(self, complete: set[int]) -> list[Ack]:
        """Forget messages: all that nothing older is held of with one acknowledgement, each other with its own."""
        oldest = 0
        for tag in self._held:  # in the order of their tags
            if tag not in complete:
                break
            oldest = tag
        for tag in complete:
            del self._held[tag]
        acks = [Ack(oldest, multiple=True)] if oldest else []
        return acks + [Ack(tag, multiple=False) for tag in sorted(complete) if tag > oldest]
