"""Imports into a real store on a file, by a clock that stands at noon."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.domain.user import User
from natalis.errors import NotFound
from natalis.formats.detect import open_people
from natalis.formats.reading import Reading
from natalis.ports.store import Store
from natalis.stores.sqlite import open_store
from natalis.testing.builders import NOON, a_rulebook
from natalis.usecases.import_people import ImportPeople
from natalis.usecases.import_result import Progress, Result, Tally, Wanted


@dataclass(slots=True)
class Done:
    """An import that was run: every progress of it."""

    steps: list[Progress] = field(default_factory=list)

    @property
    def tally(self) -> Tally:
        """Return the last count."""
        return self.steps[-1].tally

    @property
    def results(self) -> list[Result]:
        """Return what became of each row."""
        return [result for step in self.steps for result in step.results]


class Office:
    """A store with an import at its door."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = VirtualClock(NOON)
        self.cache = MemoryCache(self.clock)
        self.book = a_rulebook()
        self.importing = ImportPeople(store.people, store.facts, self.cache, self.clock, self.book)

    def run(
        self, content: str | bytes, name: str = "people.csv", reading: Reading | None = None, **wanted: object
    ) -> AsyncIterator[Progress]:
        """Begin an import."""
        raw = content.encode() if isinstance(content, str) else content
        opened = open_people(io.BytesIO(raw), name=name, reading=reading)
        return self.importing.run(opened, Wanted(**wanted))  # type: ignore[arg-type] # names of its fields

    async def take(
        self,
        content: str | bytes,
        name: str = "people.csv",
        reading: Reading | None = None,
        *,
        until: Callable[[Progress], bool] = lambda _: False,
        **wanted: object,
    ) -> Done:
        """Import, and stop as if killed where `until` says so."""
        done = Done()
        steps = self.run(content, name, reading, **wanted)
        async for step in steps:
            done.steps.append(step)
            if until(step):
                break
        return done

    async def people(self) -> list[User]:
        """Return every living user, by id."""
        users: list[User] = []
        cursor: str | None = None
        while True:
            page = await self.store.people.page(email=None, limit=500, cursor=cursor)
            users += page.items
            if page.cursor is None:
                return users
            cursor = page.cursor

    async def holder(self, email: str) -> User:
        """Return the one with this address; raises `NotFound`."""
        page = await self.store.people.page(email=email, limit=1, cursor=None)
        if not page.items:
            raise NotFound("user", email)
        return page.items[0]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Return an office with an empty store."""
    store = await open_store(tmp_path / "natalis.db")
    yield Office(store)
    await store.connection.close()
