"""Small durable facts, and recipients' ratings, on PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from natalis.domain.delivery import DeliveryKey
from natalis.errors import NotFound
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.rows import is_id
from natalis.stores.postgres.session import Row, Session
from natalis.stores.ratings import check_rating


class _Text(Row):
    text: str


class _Ratings(Row):
    total: int
    size: int


class PostgresFacts:
    """Implements `natalis.ports.facts.Facts`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def get(self, name: str) -> str | None:
        """Return a fact."""
        return await self._engine.once(lambda session: _fact(session, name))

    async def put(self, name: str, text: str) -> None:
        """Store a fact, durably."""
        await self._engine.once(lambda session: session.run("put_fact", name=name, text=text))

    async def put_new(self, name: str, text: str) -> str:
        """Store a fact unless there is one; return the one that stands."""

        async def work(session: Session) -> str:
            await session.run("put_new_fact", name=name, text=text)
            return await _fact(session, name) or text

        return await self._engine.write(work)


class PostgresFeedback:
    """Implements `natalis.ports.facts.Feedback`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def rate(self, key: DeliveryKey, rating: int, *, now: datetime) -> None:
        """Store a rating of 1 to 5; raises `NotFound` when there is no such delivery, `InvalidInput` outside 1 to 5."""
        check_rating(rating)
        place = key._asdict()
        if not is_id(key.user_id) or not await self._engine.once(
            lambda session: session.run("rate", **place, rating=rating, now=now)
        ):
            raise NotFound("delivery", str(key))

    async def mean(self) -> tuple[float, int]:
        """Return the mean rating and how many there are; (0.0, 0) without any."""
        row = await self._engine.once(lambda session: session.row("ratings", _Ratings))
        return (0.0, 0) if row is None or not row.size else (row.total / row.size, row.size)


async def _fact(session: Session, name: str) -> str | None:
    row = await session.row("fact", _Text, name=name)
    return None if row is None else row.text
