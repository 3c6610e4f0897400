"""Databases as metrics: what a query is called, how long it took, which connections are in use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from plimsoll.instrument.calls import timed_calls
from plimsoll.instrument.databases.metrics import QUERY_BUCKETS, DatabaseMetrics
from plimsoll.instrument.databases.postgres import watch_pool
from plimsoll.instrument.databases.sqlite import timed_connection
from plimsoll.instrument.registry import Registry


def samples(text: str) -> list[Sample]:
    return [each for family in text_string_to_metric_families(text) for each in family.samples]


class Shown:
    """Database metrics, and their lines."""

    def __init__(self) -> None:
        self._registry = Registry()
        self.metrics = DatabaseMetrics(self._registry)

    def __call__(self, line: str) -> float | None:
        """Return the value of a series; None when it is not there."""
        (wanted,) = samples(f"{line} 0")
        found = samples(self._registry.exposition().decode())
        return next((each.value for each in found if each[:2] == wanted[:2]), None)


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def file(shown: Shown) -> Iterator[sqlite3.Connection]:
    """A database in memory whose statements are counted, with a table of people."""
    connection = sqlite3.connect(":memory:", factory=timed_connection(shown.metrics), isolation_level=None)
    connection.execute("CREATE TABLE people (name TEXT)")
    yield connection
    connection.close()


def test_the_buckets_are_those_of_the_specification() -> None:
    assert QUERY_BUCKETS == (0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)


def test_a_statement_of_sqlite_is_counted_by_what_it_does(shown: Shown, file: sqlite3.Connection) -> None:
    file.executemany("INSERT INTO people VALUES (?)", [("Ada",), ("Grace",)])

    found = file.execute("SELECT name FROM people WHERE name = ?", ("Ada",)).fetchall()

    assert found == [("Ada",)]
    assert shown('db_queries_total{operation="insert",table="people"}') == 1
    assert shown('db_queries_total{operation="select",table="people"}') == 1
    assert shown('db_query_duration_seconds_count{operation="select",table="people"}') == 1


def test_a_statement_of_a_cursor_is_counted_once(shown: Shown, file: sqlite3.Connection) -> None:
    cursor = file.cursor()
    cursor.execute("UPDATE people SET name = 'Ada'")

    assert shown('db_queries_total{operation="update",table="people"}') == 1


def test_a_statement_that_fails_is_counted_and_fails(shown: Shown, file: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError):
        file.execute("DELETE FROM nobody")

    assert shown('db_queries_total{operation="delete",table="nobody"}') == 1


def test_a_script_is_counted_by_what_it_begins_with(shown: Shown, file: sqlite3.Connection) -> None:
    file.executescript("INSERT INTO people VALUES ('Ada'); DELETE FROM people")

    assert shown('db_queries_total{operation="insert",table="people"}') == 1


def test_what_no_wrapper_sees_is_counted_by_hand(shown: Shown) -> None:
    with shown.metrics.query("copy", "people"):
        pass
    with pytest.raises(KeyError), shown.metrics.query("copy", "people"):
        raise KeyError

    assert shown('db_queries_total{operation="copy",table="people"}') == 2


@dataclass
class Lent:
    """A pool, as asyncpg's tells of itself."""

    most: int = 8
    size: int = 6
    idle: int = field(default=6)

    def get_size(self) -> int:
        return self.size

    def get_idle_size(self) -> int:
        return self.idle

    def get_max_size(self) -> int:
        return self.most


def test_connections_in_use_are_counted_when_they_are_looked_at(shown: Shown) -> None:
    pool = Lent()
    watch_pool(pool, shown.metrics, "primary")
    pool.idle = 2

    assert shown('db_connections_active{pool="primary"}') == 4
    assert shown('db_connection_pool_usage{pool="primary"}') == 0.5


def test_a_pool_that_may_have_no_connection_is_not_in_use(shown: Shown) -> None:
    watch_pool(Lent(most=0, size=0, idle=0), shown.metrics, "none")

    assert shown('db_connection_pool_usage{pool="none"}') == 0


def test_lag_is_told_when_it_is_looked_at(shown: Shown) -> None:
    lag = [0.0]
    shown.metrics.watch_lag("replica", lambda: lag[0])
    lag[0] = 2.5

    assert shown('db_replica_lag_seconds{pool="replica"}') == 2.5


class People:
    """Somebody's own layer over a database."""

    size = 3

    async def find(self, name: str) -> str:
        if not name:
            raise LookupError
        return name

    def known(self) -> bool:
        return True


async def test_a_layer_of_one_s_own_is_counted_by_its_methods(shown: Shown) -> None:
    people = timed_calls(People(), shown.metrics.of("people"))

    assert await people.find("Ada") == "Ada"
    with pytest.raises(LookupError):
        await people.find("")

    assert shown('db_queries_total{operation="find",table="people"}') == 2


def test_what_is_not_awaited_of_it_is_passed_on(shown: Shown) -> None:
    people = timed_calls(People(), shown.metrics.of("people"))

    assert (people.size, people.known()) == (3, True)
    assert shown('db_queries_total{operation="known",table="people"}') is None
