"""Where the fleet stands: its servers, and the network between them and it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from natalis.testing.servers import ports
from natalis.testing.servers.postgres import PostgresDatabase, PostgresReplica
from natalis.testing.servers.proxy import TcpProxy
from natalis.testing.servers.rabbitmq_cluster import ClusterVirtualHost
from natalis.testing.servers.redis import RedisServer


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of a fleet, all of them running.

    Attributes:
        database: A migrated PostgreSQL database.
        replica: It streams from the database's server.
        broker: A virtual host of three RabbitMQ nodes.
        cache: Redis; None to go without.
    """

    database: PostgresDatabase
    replica: PostgresReplica
    broker: ClusterVirtualHost
    cache: RedisServer | None


class Site:
    """The servers as the fleet reaches them: database and broker through proxies that can be cut."""

    def __init__(self, servers: Servers) -> None:
        self.servers: Servers = servers
        self.to_database: TcpProxy = TcpProxy(servers.database.server.port)
        self.to_broker: Sequence[TcpProxy] = [TcpProxy(node.port) for node in servers.broker.cluster.nodes]
        self._open = AsyncExitStack()

    def settings(self) -> Mapping[str, str]:
        """Return what a process of the fleet is told of where its servers are."""
        nodes = zip(self.servers.broker.urls, self.to_broker, strict=True)
        addresses = {
            "DATABASE_URL": _by_way_of(self.servers.database.url, self.to_database),
            "DATABASE_REPLICA_URL": self.servers.replica.url(self.servers.database.name),
            "QUEUE_URL": ",".join(_by_way_of(url, proxy) for url, proxy in nodes),
        }
        return addresses if self.servers.cache is None else {**addresses, "REDIS_URL": self.servers.cache.url}

    async def settle(self) -> None:
        """Have what was declared so far on the brokers' disks (see `RabbitMQ.settle`)."""
        await asyncio.to_thread(self.servers.broker.cluster.settle)

    async def __aenter__(self) -> Self:
        for proxy in (self.to_database, *self.to_broker):
            await self._open.enter_async_context(proxy)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()


def _by_way_of(url: str, proxy: TcpProxy) -> str:
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{ports.LOOPBACK}:{proxy.port}"))
