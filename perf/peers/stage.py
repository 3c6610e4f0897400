"""The stage: PostgreSQL, RabbitMQ and the provider, the same for all; and a contender as a server of ours."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from natalis.testing.servers import keeper, ports
from natalis.testing.servers.postgres import Postgres, PostgresDatabase
from natalis.testing.servers.rabbitmq import RabbitMQ, VirtualHost
from natalis.testing.servers.server import Server, ServerFailed
from perf.peers.contenders import ROOT, Contender
from perf.peers.crew import READY
from perf.peers.situation import Situation

# Beside fsync and synchronous_commit, which stay on: room, so that no checkpoint falls into a short run and the table
# fits. The same for all.
_POSTGRES = {"shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}


class MockProvider(Server):
    """`natalis mock-provider --flawless`, in a process of its own."""

    name: ClassVar[str] = "provider"

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def _command(self) -> Sequence[str]:
        program = Path(sys.executable).with_name("natalis")
        return [str(program), "mock-provider", "--flawless", "--port", str(self.port), "--json"]

    def _is_ready(self) -> bool:
        return ports.answers(self.port)


class Troupe(Server):
    """A contender's processes, started and ended as one.

    Args:
        contender: Who it is.
    """

    name: ClassVar[str] = "contender"
    patience: ClassVar[timedelta] = timedelta(seconds=120)

    def __init__(self, contender: Contender) -> None:
        super().__init__()
        self._contender = contender
        self._situation: Situation | None = None

    def prepare(self, situation: Situation) -> None:
        """Have it make its messages.

        Raises:
            ServerFailed: It could not.
        """
        self._situation = situation
        done = self._ask("prepare")
        if done.returncode != 0:
            raise ServerFailed(f"{self._contender.name} could not prepare:\n{done.stderr[-2000:]}")

    def settings(self, situation: Situation) -> Mapping[str, Any]:
        """Return its settings, each with its reason; connects to nothing."""
        self._situation = situation
        done = self._ask("settings")
        return dict(json.loads(done.stdout)) if done.returncode == 0 else {"unknown": done.stderr[-500:]}

    def _ask(self, what: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **self._environment()}
        command = [*self._contender.program, what]
        return subprocess.run(
            command, env=environment, cwd=self.folder, check=False, capture_output=True, text=True, timeout=300
        )

    def _environment(self) -> Mapping[str, str]:
        told = self._situation.environment() if self._situation else {}
        return {**told, "PEERS_KNOBS": self._contender.knobs, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}

    def _command(self) -> Sequence[str]:
        return [*self._contender.program, "run"]

    def _is_ready(self) -> bool:
        return (self.folder / READY).exists()


@dataclass(frozen=True, slots=True)
class Stage:
    """Servers that run."""

    postgres: Postgres
    rabbitmq: RabbitMQ
    provider: MockProvider

    @contextlib.contextmanager
    def cleared(self) -> Iterator[tuple[PostgresDatabase, VirtualHost]]:
        """Return an empty database and an empty virtual host, and take them away afterwards."""
        database, vhost = self.postgres.create_database(), self.rabbitmq.create_vhost()
        try:
            yield database, vhost
        finally:
            self.postgres.drop_database(database.name)
            self.rabbitmq.delete_vhost(vhost.name)

    def checkpoint(self) -> None:
        """Write out what earlier work left behind, so that no run pays for the one before it."""
        self.postgres.sql("checkpoint")

    def analyze(self, situation: Situation) -> None:
        """Have the planner of queries know what is in the contender's database."""
        self.postgres.sql("analyze", database=urlsplit(situation.database_url).path.removeprefix("/"))

    def wal(self) -> int:
        """Return how many bytes of write-ahead log there are so far."""
        return int(self.postgres.sql("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"))

    def versions(self) -> dict[str, str]:
        """Return which servers these are."""
        rabbitmq = self.rabbitmq.evaluate("rabbit_misc:version().").strip('"')
        return {"postgresql": self.postgres.sql("show server_version").split()[0], "rabbitmq": rabbitmq}


@contextlib.contextmanager
def raised() -> Iterator[Stage]:
    """Start the servers, and end them with the block."""
    with Postgres(durable=True, settings=_POSTGRES) as postgres, RabbitMQ() as rabbitmq, MockProvider() as provider:
        yield Stage(postgres, rabbitmq, provider)


def processes(server: Server) -> list[int]:
    """Return the processes of a server, without the keeper that watches it."""
    held = server._keeper  # noqa: SLF001 - the server's own list is not for measuring; nobody else needs it
    return [] if held is None else keeper.descendants(held.pid)


def situation_of(
    database: PostgresDatabase, vhost: VirtualHost, stage: Stage, *, count: int, due: datetime, folder: Path
) -> Situation:
    """Return what a contender is told."""
    return Situation(database.url, vhost.url, stage.provider.url, count, due, folder)
