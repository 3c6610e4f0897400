"""Pytest fixtures: a server starts with the first test that asks for it, and each test gets a fresh part of it.

Each pytest process has servers of its own, also under pytest-xdist: a test may kill, pause and restart what it is
given (`postgres.server.kill()`), nobody else sees it, and before the next test it is brought back. A test that asks
for a server which is not installed fails and says what to do. Tests that use them carry the `network` mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from natalis.testing.servers.alertmanager import Alertmanager
from natalis.testing.servers.nginx import Nginx
from natalis.testing.servers.pgbouncer import PgBouncer, PooledDatabase
from natalis.testing.servers.postgres import Postgres, PostgresDatabase, PostgresPair, PostgresReplica
from natalis.testing.servers.prometheus import Prometheus
from natalis.testing.servers.rabbitmq import RabbitMQ, VirtualHost
from natalis.testing.servers.rabbitmq_cluster import ClusterVirtualHost, RabbitMQCluster
from natalis.testing.servers.redis import RedisServer


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """PostgreSQL without fsync (see `Postgres`), for the session."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_replica_server(postgres_server: Postgres) -> Iterator[PostgresReplica]:
    """A streaming replica of it, for the session."""
    postgres_server.revive()
    with PostgresReplica(postgres_server) as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Postgres) -> Iterator[PostgresDatabase]:
    """A fresh PostgreSQL database."""
    postgres_server.revive()
    database = postgres_server.create_database()
    yield database
    postgres_server.revive()
    postgres_server.drop_database(database.name)


@pytest.fixture
def postgres_pair(postgres: PostgresDatabase, postgres_replica_server: PostgresReplica) -> Iterator[PostgresPair]:
    """A fresh PostgreSQL database on a primary and on its streaming replica."""
    pair = PostgresPair(postgres, postgres_replica_server)
    postgres_replica_server.revive()
    pair.catch_up()
    yield pair
    postgres.server.revive()
    postgres_replica_server.revive()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Redis that keeps nothing over a restart, for the session."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis(redis_server: RedisServer) -> RedisServer:
    """An empty Redis."""
    redis_server.revive()
    redis_server.flush()
    return redis_server


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitMQ]:
    """One RabbitMQ node, for the session."""
    with RabbitMQ() as server:
        yield server


@pytest.fixture
def rabbitmq(rabbitmq_server: RabbitMQ) -> Iterator[VirtualHost]:
    """A fresh virtual host of one RabbitMQ node."""
    rabbitmq_server.revive()
    vhost = rabbitmq_server.create_vhost()
    yield vhost
    rabbitmq_server.revive()
    rabbitmq_server.delete_vhost(vhost.name)


@pytest.fixture(scope="session")
def rabbitmq_cluster_server() -> Iterator[RabbitMQCluster]:
    """Three RabbitMQ nodes in a cluster, for the session."""
    with RabbitMQCluster() as cluster:
        yield cluster


@pytest.fixture
def rabbitmq_cluster(rabbitmq_cluster_server: RabbitMQCluster) -> Iterator[ClusterVirtualHost]:
    """A fresh virtual host of a cluster of three RabbitMQ nodes."""
    rabbitmq_cluster_server.revive()
    vhost = rabbitmq_cluster_server.create_vhost()
    yield vhost
    rabbitmq_cluster_server.revive()
    rabbitmq_cluster_server.delete_vhost(vhost.name)


@pytest.fixture(scope="session")
def pgbouncer_server(postgres_server: Postgres) -> Iterator[PgBouncer]:
    """Have pgbouncer in transaction mode before the session's PostgreSQL."""
    with PgBouncer(postgres_server) as server:
        yield server


@pytest.fixture
def pgbouncer(postgres: PostgresDatabase, pgbouncer_server: PgBouncer) -> PooledDatabase:
    """A fresh PostgreSQL database, reached through pgbouncer in transaction mode."""
    pgbouncer_server.revive()
    return PooledDatabase(pgbouncer_server, postgres)


@pytest.fixture
def nginx() -> Iterator[Callable[[str], Nginx]]:
    """Starts nginx with a configuration (see `Nginx`), as often as the test likes."""
    with ExitStack() as running:
        yield lambda configuration: running.enter_context(Nginx(configuration))


@pytest.fixture
def prometheus() -> Iterator[Callable[..., Prometheus]]:
    """Starts Prometheus with a configuration and rules (see `Prometheus`), as often as the test likes."""
    with ExitStack() as running:

        def start(configuration: str, files: Mapping[str, str] | None = None, *flags: str) -> Prometheus:
            return running.enter_context(Prometheus(configuration, files, *flags))

        yield start


@pytest.fixture
def alertmanager() -> Iterator[Callable[..., Alertmanager]]:
    """Starts Alertmanager with a configuration (see `Alertmanager`), as often as the test likes."""
    with ExitStack() as running:

        def start(configuration: str, files: Mapping[str, str] | None = None) -> Alertmanager:
            return running.enter_context(Alertmanager(configuration, files))

        yield start
