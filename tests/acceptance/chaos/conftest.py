"""What chaos stands on: servers of its own session, and a place to say what happened."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from natalis.testing.chaos.site import Servers
from natalis.testing.servers.postgres import PostgresDatabase, PostgresReplica
from natalis.testing.servers.rabbitmq_cluster import ClusterVirtualHost
from natalis.testing.servers.redis import RedisServer

Say = Callable[[str], None]


@pytest.fixture
def servers(
    migrated: PostgresDatabase,
    postgres_replica_server: PostgresReplica,
    rabbitmq_cluster: ClusterVirtualHost,
    redis: RedisServer,
) -> Iterator[Servers]:
    """What a fleet stands on, all of it well; it is brought back before the database is dropped."""
    postgres_replica_server.revive()
    postgres_replica_server.catch_up()
    yield Servers(migrated, postgres_replica_server, rabbitmq_cluster, redis)
    migrated.server.revive()
    postgres_replica_server.revive()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print a line that is seen also when the test passes: the seed, and how long recovery took."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}")

    return write
