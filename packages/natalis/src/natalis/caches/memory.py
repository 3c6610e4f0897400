"""A cache in memory: bounded, forgetting the least recently used first, with coalesced misses."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar, cast

from natalis.ports.clock import Clock

T = TypeVar("T")
CAPACITY = 50_000  # entries; about 50 MB of users
DEPTH = 2  # how many leading parts of a key are indexed: `users:` and `users:list:`

Heard: TypeAlias = Callable[[str, bool], None]
"""Told of every look-up: the key's first part (`user`), and whether it was a hit."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    value: Any
    until: timedelta


@dataclass(frozen=True, slots=True, eq=False)
class _Loading:
    task: asyncio.Task[Any]


_Slot: TypeAlias = _Kept | _Loading


class MemoryCache:
    """Keeps values of this process, in the process.

    A key's parts are separated by `:`. Forgetting one key, or all below its first one or two parts (`users:list:*`),
    costs what is forgotten; any other pattern looks at every key.

    A miss loads in a task of its own, so that a caller that is cancelled takes no other's answer away. A load is one
    slot like a kept value: forgetting the slot lets its waiters have their answer, and nobody after them.

    Args:
        clock: Measures how old an entry is.
        capacity: How many entries at most.
        longest: How long a value is kept at most, whatever its caller says; None for as long as that.
        heard: Told of every look-up; must not raise.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        capacity: int = CAPACITY,
        longest: timedelta | None = None,
        heard: Heard | None = None,
    ) -> None:
        self._clock = clock
        self._capacity = capacity
        self._longest = longest
        self._heard = heard
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._below: dict[str, set[str]] = {}

    def __len__(self) -> int:
        """Return how many entries there are, loads included."""
        return len(self._slots)

    async def fetch(self, key: str, ttl: timedelta, load: Callable[[], Awaitable[T]]) -> T:
        """Return the cached value, or load and keep it for `ttl`."""
        slot = self._slots.get(key)
        if isinstance(slot, _Kept) and slot.until > self._clock.monotonic():
            self._slots.move_to_end(key)
            self._tell(key, hit=True)
            return cast("T", slot.value)
        self._tell(key, hit=False)
        bounded = ttl if self._longest is None else min(ttl, self._longest)
        loading = slot if isinstance(slot, _Loading) else self._begin(key, bounded, load)
        return cast("T", await asyncio.shield(loading.task))

    async def invalidate(self, pattern: str) -> None:
        """Forget every key that matches; `*` stands for any run of characters."""
        if "*" not in pattern:
            self._drop(pattern)
            return
        for key in self._matching(pattern):
            self._drop(key)

    def _begin(self, key: str, ttl: timedelta, load: Callable[[], Awaitable[T]]) -> _Loading:
        loading = _Loading(asyncio.ensure_future(_awaited(load)))
        loading.task.add_done_callback(lambda _: self._end(key, ttl, loading))
        self._store(key, loading)
        return loading

    def _end(self, key: str, ttl: timedelta, loading: _Loading) -> None:
        failed = loading.task.cancelled() or loading.task.exception() is not None
        if self._slots.get(key) is not loading:
            return  # forgotten in between: what was loaded may be older than what made it stale
        if failed:
            self._drop(key)
        else:
            self._store(key, _Kept(loading.task.result(), self._clock.monotonic() + ttl))

    def _store(self, key: str, slot: _Slot) -> None:
        if key not in self._slots:
            for stem in _stems(key):
                self._below.setdefault(stem, set()).add(key)
        self._slots[key] = slot
        self._slots.move_to_end(key)
        while len(self._slots) > self._capacity:
            self._drop(next(iter(self._slots)))

    def _drop(self, key: str) -> None:
        if self._slots.pop(key, None) is None:
            return
        for stem in _stems(key):
            keys = self._below[stem]
            keys.discard(key)
            if not keys:
                del self._below[stem]

    def _matching(self, pattern: str) -> list[str]:
        stem, _, rest = pattern.partition("*")
        if not rest and stem.endswith(":") and stem.count(":") <= DEPTH:
            return list(self._below.get(stem, ()))
        whole = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
        return [key for key in self._slots if whole.fullmatch(key)]

    def _tell(self, key: str, *, hit: bool) -> None:
        if self._heard is not None:
            self._heard(key.partition(":")[0], hit)


async def _awaited(load: Callable[[], Awaitable[T]]) -> T:
    return await load()


def _stems(key: str) -> Iterable[str]:
    """Yield the first one and two parts of a key, each with its colon."""
    end = 0
    for _ in range(DEPTH):
        end = key.find(":", end) + 1
        if not end:
            return
        yield key[:end]
