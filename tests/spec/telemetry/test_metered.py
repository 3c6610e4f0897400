"""A store that is counted and timed behaves as it did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from natalis.errors import NotFound
from natalis.ports.store import Store
from natalis.stores.sqlite import open_store
from natalis.telemetry.metered import metered
from natalis.testing.builders import an_arrival
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.registry import Registry


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store in a new file."""
    opened = await open_store(tmp_path / "natalis.db")
    yield opened
    await opened.connection.close()


async def test_every_call_is_counted_and_timed_and_answers_as_before(store: Store) -> None:
    registry = Registry()
    watched, arrival = metered(store, DatabaseMetrics(registry)), an_arrival()

    await watched.people.add([arrival])
    found = await watched.people.get(arrival.user.id)

    assert found == await store.people.get(arrival.user.id)
    text = registry.exposition().decode()
    assert 'db_queries_total{operation="get",table="people"} 1.0' in text
    assert 'db_query_duration_seconds_count{operation="add",table="people"} 1.0' in text


async def test_a_call_that_raises_is_counted_and_raises(store: Store) -> None:
    registry = Registry()

    with pytest.raises(NotFound):
        await metered(store, DatabaseMetrics(registry)).people.get("nobody")

    assert 'db_queries_total{operation="get",table="people"} 1.0' in registry.exposition().decode()


def test_what_a_store_does_not_have_it_does_not_have_when_watched(store: Store) -> None:
    with pytest.raises(AttributeError):
        metered(store, DatabaseMetrics(Registry())).people.no_such_method  # type: ignore[attr-defined] # noqa: B018 - that is the rule


async def test_connections_in_use_are_shown_when_they_are_looked_at(store: Store) -> None:
    registry = Registry()
    watched = metered(store, DatabaseMetrics(registry))

    def shown(pool: str) -> list[str]:
        lines = registry.exposition().decode().splitlines()
        return [line.rpartition(" ")[2] for line in lines if line.startswith("db_conn") and f'"{pool}"' in line]

    before = shown("writer")
    writing = asyncio.ensure_future(watched.people.add([an_arrival()]))
    await asyncio.sleep(0)  # noqa: TID251 - lets it begin, waits for nothing
    meanwhile = shown("writer")
    await writing

    assert (before, meanwhile, shown("writer")) == (["0.0", "0.0"], ["1.0", "1.0"], ["0.0", "0.0"])
    assert shown("readers") == ["0.0", "0.0"]
