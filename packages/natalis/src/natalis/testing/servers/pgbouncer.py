"""pgbouncer in transaction mode before a PostgreSQL: where prepared statements, LISTEN and session settings break."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from natalis.testing.servers import keeper, ports, programs
from natalis.testing.servers.postgres import ADMIN, ROLE, Postgres, PostgresDatabase
from natalis.testing.servers.server import Server

_SETTINGS: Mapping[str, str] = {
    "listen_addr": ports.LOOPBACK,
    "unix_socket_dir": "",
    "auth_type": "trust",
    "pool_mode": "transaction",
    "max_client_conn": "1000",
    "default_pool_size": "20",
    "server_login_retry": "1",  # s: it asks again soon for a PostgreSQL that was away, not after the usual 15
}


class PgBouncer(Server):
    """pgbouncer, which lets the roles `natalis` and `postgres` into every database of a server.

    Args:
        postgres: whom it stands before; need not run.
        settings: of its `[pgbouncer]` section, going before ours.
    """

    name: ClassVar[str] = "pgbouncer"

    def __init__(self, postgres: Postgres, *, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(user=programs.unprivileged("postgres"))
        self.postgres: Postgres = postgres
        self._settings = {**_SETTINGS, **(settings or {})}

    def launch(self) -> None:
        """Start it without waiting."""
        users = self.folder / "users.txt"
        users.write_text("".join(f'"{role}" ""\n' for role in (ROLE, ADMIN)))
        settings = {"listen_port": str(self.port), "auth_file": str(users), "admin_users": ADMIN, **self._settings}
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        databases = f"* = host={ports.LOOPBACK} port={self.postgres.port}\n"
        (self.folder / "pgbouncer.ini").write_text(f"[databases]\n{databases}\n[pgbouncer]\n{lines}")
        super().launch()

    def url(self, database: str = "postgres", *, role: str = ROLE) -> str:
        """The address of a database through it; `pgbouncer` as `postgres` is its own console."""
        return f"postgresql://{role}@{ports.LOOPBACK}:{self.port}/{database}"

    def console(self, command: str) -> str:
        """Give its console a command, such as `SHOW POOLS`, `PAUSE`, `KILL db`."""
        flags = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align")
        return programs.run(
            [programs.find("psql"), *flags, self.url("pgbouncer", role=ADMIN)], say=f"{command};"
        ).strip()

    def _command(self) -> Sequence[str]:
        return [programs.find("pgbouncer"), str(self.folder / "pgbouncer.ini")]

    def _is_ready(self) -> bool:
        return ports.answers(self.port)

    def _ask_to_stop(self) -> None:
        # At once. SIGTERM and SIGINT changed their meanings with 1.23; before it SIGQUIT was nobody's, and ended it.
        keeper.signal_each([self._main], signal.SIGQUIT)


@dataclass(frozen=True, slots=True)
class PooledDatabase:
    """One database, reached through pgbouncer.

    Attributes:
        server: the pgbouncer.
        database: the same, reached directly.
    """

    server: PgBouncer
    database: PostgresDatabase

    @property
    def url(self) -> str:
        """Its address through pgbouncer, as the role `natalis`."""
        return self.server.url(self.database.name)
