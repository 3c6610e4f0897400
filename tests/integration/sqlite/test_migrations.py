"""A file is brought up to date at opening, whoever opens it, however often."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest

from natalis.errors import StoreUnavailable
from natalis.ports.people import Added
from natalis.stores.sqlite import open_store
from natalis.stores.sqlite.migrating import APPLICATION_ID, migrations
from natalis.testing.builders import an_arrival


def _schema(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", sql)) for name, sql in rows}


async def test_migrations_lead_to_the_schema_as_it_is_written_down(path: Path) -> None:
    await (await open_store(path)).connection.close()
    written = files("natalis.stores.sqlite").joinpath("schema.sql").read_text("utf-8")

    with closing(sqlite3.connect(path)) as migrated, closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(written)
        assert _schema(migrated) == _schema(fresh)
        assert migrated.execute("SELECT * FROM tallies").fetchall() == fresh.execute("SELECT * FROM tallies").fetchall()


def test_migrations_are_numbered_without_a_gap() -> None:
    assert list(migrations()) == list(range(1, len(migrations()) + 1))


async def test_opening_again_changes_nothing_and_loses_nothing(path: Path) -> None:
    store = await open_store(path)
    arrival = an_arrival()
    await store.people.add([arrival])
    await store.connection.close()

    again = await open_store(path)

    assert (await again.people.get(arrival.user.id)).user == arrival.user
    await again.connection.close()


@pytest.mark.parametrize("name", [f"{number}.db" for number in range(10)])  # the race is lost about once in thirty
async def test_many_may_open_a_new_file_at_once(name: str, tmp_path: Path) -> None:
    path = tmp_path / name

    stores = await asyncio.gather(*(open_store(path) for _ in range(8)))

    for store in stores:
        arrival = an_arrival()
        assert await store.people.add([arrival]) == [Added(arrival.user)]
    for store in stores:
        await store.connection.close()


async def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    await (await open_store(path)).connection.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")

    with pytest.raises(StoreUnavailable, match="newer version of Natalis"):
        await open_store(path)


async def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title)")

    with pytest.raises(StoreUnavailable, match="belongs to another program"):
        await open_store(path)
    with closing(sqlite3.connect(path)) as connection:
        assert set(_schema(connection)) == {"table songs"}


async def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await (await open_store(path)).connection.close()
    broken = {**migrations(), 2: "CREATE TABLE half (a);\nCREATE TABLE half (a);\n"}
    monkeypatch.setattr("natalis.stores.sqlite.migrating.migrations", lambda: broken)

    with pytest.raises(StoreUnavailable):
        await open_store(path)

    with closing(sqlite3.connect(path)) as connection:
        assert "table half" not in _schema(connection)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
