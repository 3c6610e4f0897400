"""Everything that a use case caches can be kept outside the process, and comes back as it was."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

import natalis.usecases
from natalis.caches.codec import Codec
from natalis.domain.delivery import Status
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.page import Page
from natalis.ports.tokens import Scope
from natalis.runtime.kept import KEPT
from natalis.stores.sqlite import open_store
from natalis.testing.builders import a_profile, an_arrival
from natalis.testing.house import EVE, House
from natalis.usecases.deliveries import ManageDeliveries
from natalis.usecases.forecast import ForecastDay
from natalis.usecases.manage_users import ManageUsers
from natalis.usecases.tokens import ManageTokens
from natalis.usecases.upcoming import ListUpcoming

T = TypeVar("T")
FETCH = re.compile(r"\bself\._cache\.fetch\(")
GENERATIONS = (b"one", b"another")


@dataclass
class WritingCache:
    """Writes and reads back what it is given, and keeps nothing."""

    codec: Codec = field(default_factory=lambda: Codec(KEPT))
    values: dict[str, tuple[object, object]] = field(default_factory=dict)

    async def fetch(self, key: str, ttl: timedelta, load: Callable[[], Awaitable[T]]) -> T:
        value = await load()
        now = EVE
        assert self.codec.knows(key), f"no type is named for {key}"
        entry = self.codec.write(key, value, GENERATIONS, until=now + ttl)
        assert entry is not None, f"what is kept under {key} cannot be written"
        found = self.codec.read(key, entry, GENERATIONS, now=now)
        assert found is not None, f"what is kept under {key} cannot be read"
        self.values[key] = (value, found.value)
        return value

    async def invalidate(self, pattern: str) -> None: ...


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await open_store(tmp_path / "natalis.db")
    yield House(store)
    await store.connection.close()


async def test_what_the_use_cases_cache_comes_back_as_it_was(house: House) -> None:
    cache, store, clock, book = WritingCache(), house.store, house.clock, house.book
    planned = await house.planned(3)
    users = ManageUsers(store.people, cache, clock, book)
    deliveries = ManageDeliveries(store.ledger, store.desk, cache, clock, book)
    tokens = ManageTokens(store.tokens, cache, clock)
    token = await tokens.create("ci", Scope.READ)

    await users.read(planned[0].user_id)
    await users.list()
    await tokens.authenticate(token.secret)
    await ListUpcoming(store.ledger, cache, clock, book.zone).list()
    await ForecastDay(store.ledger, cache, book).on(planned[0].occasion_date, limit=0.001)
    long_ago = DeliveryFilter(fire_to=clock.now() + timedelta(days=2))
    await house.store.people.add([an_arrival(a_profile(email="z@example.org"), now=clock.now(), book=book)])
    clock.advance(timedelta(days=30))
    await deliveries.list(long_ago)
    await deliveries.tally()

    assert {_family(key) for key in cache.values} == set(KEPT)
    for key, (value, found) in cache.values.items():
        assert _bare(found) == _bare(value), key
        assert type(found) is type(value) or isinstance(value, Mapping), key
        assert not isinstance(value, Page) or value.items, f"{key} shows nothing"


def test_no_use_case_caches_what_this_test_does_not_know_of() -> None:
    folder = Path(natalis.usecases.__path__[0])
    assert sum(len(FETCH.findall(path.read_text())) for path in folder.glob("*.py")) == len(KEPT)


def _family(key: str) -> str:
    return max((family for family in KEPT if key.startswith(family)), key=len)


def _bare(value: Any) -> Any:
    """Return a value whose sequences are lists and mappings dicts: which of them it is, is nobody's business."""
    if isinstance(value, Status | str):
        return value
    if isinstance(value, Mapping):
        return {key: _bare(each) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [_bare(each) for each in value]
    if is_dataclass(value):
        return {each.name: _bare(getattr(value, each.name)) for each in fields(value)}
    return value
