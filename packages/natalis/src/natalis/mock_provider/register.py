"""The register: what was received, accepted and repeated, in all and per idempotency key."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

_UUID_LENGTH = 36
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Counts(NamedTuple):
    """What came of one key: calls received, messages delivered, and repeats answered without delivering."""

    received: int = 0
    accepted: int = 0
    replayed: int = 0


_NOTHING = Counts()


class Register:
    """Counts calls.

    A million keys must fit in memory, so a key that begins with a UUID is kept as its number under the rest of the
    key, which many share, and equal counts are one tuple: about 90 bytes a key.
    """

    def __init__(self) -> None:
        self._by_rest: dict[str, dict[int | str, Counts]] = {}
        self._shared: dict[Counts, Counts] = {}
        self.totals = Counter[str]()

    def receive(self, key: str) -> int:
        """Note a call; return how many there were for this key, this one included."""
        self.totals["received"] += 1
        if not key:
            self.totals["keyless"] += 1
            return self.totals["keyless"]
        counts, place = self._find(key)
        known = counts.get(place, _NOTHING)
        if known is _NOTHING:
            self.totals["keys"] += 1
        self._set(counts, place, known._replace(received=known.received + 1))
        return known.received + 1

    def accept(self, key: str, *, recognises_repeats: bool) -> int:
        """Note that the message was accepted; return which delivery of this key it became, 0 for a repeat."""
        counts, place = self._find(key)
        known = counts.get(place, _NOTHING)
        if key and known.accepted and recognises_repeats:
            self.totals["replayed"] += 1
            self._set(counts, place, known._replace(replayed=known.replayed + 1))
            return 0
        self.totals["accepted"] += 1
        if not key:
            return self.totals["accepted"]
        if known.accepted == 1:
            self.totals["doubled"] += 1
        self._set(counts, place, known._replace(accepted=known.accepted + 1))
        return known.accepted + 1

    def of(self, key: str) -> Counts:
        """Return what came of one key."""
        counts, place = self._find(key)
        return counts.get(place, _NOTHING)

    def tally(self) -> Iterator[tuple[str, Counts]]:
        """Yield every key with its counts as of now; calls may go on meanwhile."""
        for rest, counts in list(self._by_rest.items()):
            for place in list(counts):
                yield f"{UUID(int=place)}{rest}" if isinstance(place, int) else place, counts[place]

    def _find(self, key: str) -> tuple[dict[int | str, Counts], int | str]:
        if _UUID.match(key) is None:
            return self._by_rest.setdefault("", {}), key
        rest = self._by_rest.setdefault(key[_UUID_LENGTH:], {})
        return rest, int(key[:_UUID_LENGTH].replace("-", ""), 16)

    def _set(self, counts: dict[int | str, Counts], place: int | str, new: Counts) -> None:
        counts[place] = self._shared.setdefault(new, new)
