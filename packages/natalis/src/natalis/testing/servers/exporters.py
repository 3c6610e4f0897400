"""What Prometheus scrapes beside Natalis: exporters of a machine, PostgreSQL, Redis and probes, and RabbitMQ itself."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from natalis.testing.servers import ports, programs
from natalis.testing.servers.postgres import ADMIN, Postgres
from natalis.testing.servers.rabbitmq import RabbitMQ
from natalis.testing.servers.redis import RedisServer
from natalis.testing.servers.server import Server, wait_until
from natalis.testing.servers.small_disk import SmallDisk

_PATIENCE = 2.0  # seconds for a page that a started exporter answers in milliseconds


class Exporter(Server):
    """One exporter; it is ready when it answers `/metrics`."""

    program: ClassVar[str]

    @property
    def target(self) -> str:
        """Its address as a scrape configuration has it."""
        return f"{ports.LOOPBACK}:{self.port}"

    def scraped(self) -> str:
        """Return the text of `/metrics`.

        Raises:
            OSError: It does not answer.
        """
        return page(self.port, "/metrics")

    def _command(self) -> Sequence[str]:
        return [programs.find(self.program), f"--web.listen-address={self.target}", *self._flags()]

    def _flags(self) -> Sequence[str]:
        return []

    def _is_ready(self) -> bool:
        try:
            self.scraped()
        except OSError:
            return False
        return True


class NodeExporter(Exporter):
    """Of this machine: processors, memory, disks, network.

    Args:
        disk: A small disk that it sees besides.
    """

    name: ClassVar[str] = "node-exporter"
    program: ClassVar[str] = "prometheus-node-exporter"

    def __init__(self, disk: SmallDisk | None = None) -> None:
        super().__init__()
        self._disk = disk

    @property
    def pid(self) -> int:
        """The exporter's own process, which has the disk mounted."""
        return self._processes()[-1]

    def _command(self) -> Sequence[str]:
        return [*(self._disk.mounting() if self._disk else ()), *super()._command()]


class PostgresExporter(Exporter):
    """Of a PostgreSQL server.

    Args:
        server: Whose.
        flags: What it is started with besides.
        role: As whom it asks; it needs what `pg_monitor` may.
    """

    name: ClassVar[str] = "postgres-exporter"
    program: ClassVar[str] = "prometheus-postgres-exporter"

    def __init__(self, server: Postgres, *flags: str, role: str = ADMIN) -> None:
        super().__init__()
        self._flags_given = flags
        self._role = role
        self._postgres = server

    def _flags(self) -> Sequence[str]:
        return self._flags_given

    def _environment(self) -> Mapping[str, str]:
        return {"DATA_SOURCE_NAME": f"{self._postgres.url(role=self._role)}?sslmode=disable"}


class RedisExporter(Exporter):
    """Of a Redis server.

    Args:
        server: Whose.
    """

    name: ClassVar[str] = "redis-exporter"
    program: ClassVar[str] = "prometheus-redis-exporter"

    def __init__(self, server: RedisServer) -> None:
        super().__init__()
        self._redis = server

    def _flags(self) -> Sequence[str]:
        return [f"--redis.addr={self._redis.url}"]


class BlackboxExporter(Exporter):
    """Probes what it is told to, from outside.

    Args:
        configuration: Its file, with the modules.
    """

    name: ClassVar[str] = "blackbox-exporter"
    program: ClassVar[str] = "prometheus-blackbox-exporter"

    def __init__(self, configuration: Path) -> None:
        super().__init__()
        self._configuration = configuration

    def _flags(self) -> Sequence[str]:
        return [f"--config.file={self._configuration}"]


class WatchedRabbitMQ(RabbitMQ):
    """A RabbitMQ node that answers Prometheus itself, by its plug-in."""

    name: ClassVar[str] = "watched-rabbitmq"
    patience: ClassVar[timedelta] = timedelta(seconds=120)

    def __init__(self) -> None:
        self._metrics = ports.reserve()
        super().__init__(
            settings={
                "prometheus.tcp.ip": ports.LOOPBACK,
                "prometheus.tcp.port": str(self._metrics.number),
                "collect_statistics_interval": "1000",  # ms; what is counted is told no more often than that
            }
        )
        (self.folder / "enabled_plugins").write_text("[rabbitmq_prometheus].\n")

    @property
    def target(self) -> str:
        """Where it is scraped, as a scrape configuration has it."""
        return f"{ports.LOOPBACK}:{self._metrics.number}"

    def await_ready(self) -> None:
        """Wait until it answers clients and Prometheus."""
        super().await_ready()
        wait_until(lambda: ports.answers(self._metrics.number), self.patience)

    def scraped(self, path: str = "/metrics") -> str:
        """Return the text of `/metrics`, or of another page of the plug-in's.

        Raises:
            OSError: It does not answer.
        """
        return page(self._metrics.number, path)

    def close(self) -> None:
        """Kill it, remove its folder and let its ports go."""
        super().close()
        self._metrics.release()


def page(port: int, path: str) -> str:
    """Return a page of a server of this machine.

    Raises:
        OSError: There is none, or it is not answered with 200.
    """
    with closing(http.client.HTTPConnection(ports.LOOPBACK, port, timeout=_PATIENCE)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
    if answer.status != http.HTTPStatus.OK:
        raise OSError(f"{path} of port {port} is answered with {answer.status}")
    return text
