"""Slots in Redis: look, keep and forget, each within a time limit; see redis.md for why nothing stale is kept."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias, assert_never

from redis.asyncio import Redis

from natalis.caches.redis_keys import Below, Fitting, Names, One, scope_of, stems_of
from natalis.ports.clock import Clock

Operated: TypeAlias = Callable[[str, timedelta, BaseException | None], None]
"""Told of every operation: `look`, `keep`, `forget`, `ping` or `add`, how long it took, and why it failed if it did."""

_TOMBSTONE = b"\x00"  # no MessagePack array begins so
_TOMBSTONES_LAST = timedelta(minutes=5)  # longer than any load
_GENERATIONS_LAST = timedelta(days=1)
_MANY = 500  # keys in one question
_MILLISECOND = timedelta(milliseconds=1)
_KEEP = """
local seen = redis.call('GET', KEYS[1]) or ''
local loads = redis.call('GET', KEYS[2]) or ''
if seen ~= ARGV[1] or loads ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1
"""


class SlotsAway(Exception):
    """Redis cannot be reached, answers too late, or refuses.

    Args:
        reason: Which of these.
        late: Whether it was only late: it may be busy, or this process may be.
    """

    def __init__(self, reason: str, *, late: bool = False) -> None:
        super().__init__(reason)
        self.late = late


@dataclass(frozen=True, slots=True)
class Seen:
    """What was there when somebody looked.

    Attributes:
        slot: What the slot held.
        generations: The tokens of the key's stems.
        loads: The token of all loads.
    """

    slot: bytes | None
    generations: tuple[bytes, ...]
    loads: bytes


class RedisSlots:
    """What the cache needs of Redis. Every method raises `SlotsAway`, after `timeout` at the latest.

    Questions that come while one is under way are asked together: a busy process asks a few hundred keys at a time.

    Args:
        redis: The client.
        clock: Measures operations.
        timeout: How long one operation may take.
        operated: Told of every operation; must not raise.
        names: What things are called.
    """

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        *,
        timeout: timedelta,
        operated: Operated | None = None,
        names: Names | None = None,
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._timeout = timeout.total_seconds()
        self._operated = operated
        self._names = names or Names()
        self._keep_script = redis.register_script(_KEEP)
        self._asked: dict[str, asyncio.Future[Seen]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def look(self, key: str) -> Seen:
        """Return what is there now."""
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = asyncio.get_running_loop().create_future()
            if self._asking is None:
                self._asking = asyncio.ensure_future(self._ask())
        return await asyncio.shield(answer)

    async def keep(self, key: str, seen: Seen, entry: bytes, *, ttl: timedelta) -> None:
        """Put an entry into a slot, unless anything was forgotten since `seen` that this load may have missed."""
        names = self._names
        async with self._limited("keep"):
            await self._keep_script(
                keys=[names.slot(key), names.loads],
                args=[seen.slot or b"", seen.loads, entry, max(1, ttl // _MILLISECOND)],
            )

    async def forget(self, pattern: str) -> None:
        """Forget every key that matches."""
        match scope_of(pattern):
            case One(key):
                # Nothing would look like nothing: a load that began before could not be told from one that began after.
                tombstone = _TOMBSTONE + _token()
                async with self._limited("forget"):
                    await self._redis.set(self._names.slot(key), tombstone, px=_TOMBSTONES_LAST)
            case Below(stem):
                async with self._limited("forget"):
                    await self._redis.set(self._names.generation(stem), _token(), px=_GENERATIONS_LAST)
            case Fitting(fitting):
                await self._forget_fitting(self._names.fitting(fitting))
            case other:
                assert_never(other)

    async def ping(self) -> None:
        """Return if Redis answers."""
        async with self._limited("ping"):
            await self._redis.ping()

    async def close(self) -> None:
        """Disconnect."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})
        await self._redis.aclose()

    async def _forget_fitting(self, pattern: str) -> None:
        """Forbid to keep any load that is under way, then drop what is there and fits."""
        async with self._limited("forget"):
            await self._redis.set(self._names.loads, _token(), px=_GENERATIONS_LAST)
        cursor = 0
        while True:
            async with self._limited("forget"):
                cursor, found = await self._redis.scan(cursor, match=pattern, count=1000)
                if found:
                    await self._redis.unlink(*found)
            if not cursor:
                return

    async def _ask(self) -> None:
        """Answer what was asked, together, until nothing is left."""
        try:
            while self._asked:
                batch = dict(list(self._asked.items())[:_MANY])
                for key in batch:
                    del self._asked[key]
                try:
                    await self._answer(batch)
                except SlotsAway as away:
                    _fail([*batch.values(), *self._asked.values()], away)
                    self._asked.clear()
        finally:
            self._asking = None
            _fail(self._asked.values(), SlotsAway("the cache was closed"))

    async def _answer(self, batch: dict[str, asyncio.Future[Seen]]) -> None:
        names, stems = self._names, {key: stems_of(key) for key in batch}
        tokens = [names.loads, *dict.fromkeys(names.generation(stem) for of in stems.values() for stem in of)]
        async with self._limited("look"):
            found: list[Any] = await self._redis.mget([*tokens, *map(names.slot, batch)])
            known = dict(zip(tokens, found, strict=False))
            if missing := [token for token in tokens if known[token] is None]:
                known |= await self._made(missing)
        for (key, answer), slot in zip(batch.items(), found[len(tokens) :], strict=True):
            if not answer.done():
                generations = tuple(known[names.generation(stem)] for stem in stems[key])
                answer.set_result(Seen(slot, generations, known[names.loads]))

    async def _made(self, tokens: Sequence[str]) -> dict[str, Any]:
        """Make tokens that are not there, or not there any more; the first of several processes decides."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for token in tokens:
                pipe.set(token, _token(), px=_GENERATIONS_LAST, nx=True)
            pipe.mget(tokens)
            return dict(zip(tokens, (await pipe.execute())[-1], strict=True))

    @contextlib.asynccontextmanager
    async def _limited(self, operation: str) -> AsyncIterator[None]:
        began = self._clock.monotonic()
        fault: Exception | None = None
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except TimeoutError as error:
            fault = error
            raise SlotsAway(f"Redis does not answer within {self._timeout:g} s", late=True) from None
        except Exception as error:  # whatever a client and a network come up with: a cache is not worth it
            fault = error
            raise SlotsAway(f"Redis: {error}") from error
        finally:
            if self._operated is not None:
                self._operated(operation, self._clock.monotonic() - began, fault)


def _token() -> bytes:
    return secrets.token_bytes(8)


def _fail(answers: Any, error: SlotsAway) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)
            answer.exception()  # who asked may have been cancelled
