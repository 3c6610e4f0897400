"""Pytest fixtures: PostgreSQL databases that are migrated already, each a copy of one that was migrated once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from natalis.clocks.system import SystemClock
from natalis.stores.postgres import PoolOptions
from natalis.stores.postgres.migrating import apply_migrations
from natalis.testing.servers.postgres import Postgres, PostgresDatabase

NewDatabase: TypeAlias = Callable[[], PostgresDatabase]
TEMPLATE = "natalis_template"
SMALL_POOL = PoolOptions(most=5)
"""What a test needs: few connections, opened as they are asked for."""


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    """The name of a database that has every migration."""
    postgres_server.revive()
    database = postgres_server.create_database(TEMPLATE)
    asyncio.run(apply_migrations(database.url, clock=SystemClock()))
    return TEMPLATE


@pytest.fixture
def new_postgres_database(postgres_server: Postgres, postgres_template: str) -> Iterator[NewDatabase]:
    """What makes an empty database, migrated."""
    made: list[PostgresDatabase] = []

    def make() -> PostgresDatabase:
        made.append(postgres_server.create_database(template=postgres_template))
        return made[-1]

    yield make
    postgres_server.revive()
    for database in made:
        postgres_server.drop_database(database.name)


@pytest.fixture
def migrated(new_postgres_database: NewDatabase) -> PostgresDatabase:
    """An empty database, migrated."""
    return new_postgres_database()
