"""PostgreSQL: a primary with a fresh database for each test, and the replica that streams from it."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from natalis.testing.servers import keeper, ports, programs
from natalis.testing.servers.server import Server, ServerFailed, wait_until

ADMIN, ROLE = "postgres", "natalis"
_READY_LINE = 7  # of postmaster.pid, counted from 0: miscadmin.h, LOCK_FILE_LINE_PM_STATUS
_CATCH_UP = timedelta(seconds=30)
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": ports.LOOPBACK,
    "max_connections": "200",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "pg_stat_statements",
    "wal_level": "replica",
    "synchronous_commit": "on",
    "full_page_writes": "on",  # also without fsync: a write that SIGKILL cuts short tears a page
    "max_wal_senders": "10",
    "max_wal_size": "2GB",
    "hot_standby": "on",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "200ms",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_EVERY_DATABASE = f"""
    create extension pg_stat_statements;
    grant execute on function pg_stat_statements_reset to {ROLE};
"""


class Postgres(Server):
    """A PostgreSQL primary.

    Tests use databases of its role `natalis`, which is no superuser; `sql` runs as the superuser.

    Args:
        durable: wait for the disk at each commit (`fsync`), as production does: for benchmarks. Without it a commit
            still waits until the kernel has it: nothing is lost when the server is killed, only when the machine is.
        settings: configuration parameters that go before ours.
    """

    name: ClassVar[str] = "postgres"

    def __init__(self, *, durable: bool = False, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(user=programs.unprivileged("postgres"))
        self._settings = {**_SETTINGS, "fsync": "on" if durable else "off", **(settings or {})}
        self._numbers = itertools.count(1)
        self.data: Path = self.folder / "data"

    def launch(self) -> None:
        """Start it without waiting; makes its data folder the first time (about a second)."""
        if not self.data.exists():
            self._make_data()
        super().launch()

    def start(self) -> Postgres:
        """Start it and wait until it accepts queries."""
        first = not self.data.exists()
        super().start()
        if first:
            self._first_start()
        return self

    def restart(self) -> None:
        """Stop it in immediate mode, without a checkpoint, and start it again: it recovers from its log."""
        self.stop_immediately()
        self.start()

    def stop_immediately(self) -> None:
        """What `pg_ctl stop -m immediate` does: everybody is thrown out, nothing is written."""
        if self._keeper is not None:
            self.resume()
            keeper.signal_each([self._main], signal.SIGQUIT)
            self._keeper.wait()
            self._forget()

    def create_database(self, name: str | None = None, *, template: str | None = None) -> PostgresDatabase:
        """Make a database of the role `natalis`; takes about 30 ms.

        Args:
            name: by default a new one.
            template: the database to copy, to which nobody may be connected: migrate once, copy often.
        """
        name = name or f"test_{next(self._numbers)}"
        self.sql(f'create database "{name}" owner {ROLE} template "{template or "template1"}"')
        return PostgresDatabase(self, name)

    def drop_database(self, name: str) -> None:
        """Remove a database and throw out whoever is connected."""
        self.sql(f'drop database if exists "{name}" with (force)')

    def sql(self, statements: str, *, database: str = "postgres", patience: int = 10) -> str:
        """Run statements as superuser; returns the rows, a line each, columns separated by `|`.

        Args:
            statements: separated by semicolons.
            database: where.
            patience: seconds to wait for a connection, at least 2.

        Raises:
            ProgramFailed: the server refused one, or did not answer in time.
        """
        flags = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
        address = ("--host", ports.LOOPBACK, "--port", str(self.port), "--username", ADMIN, "--dbname", database)
        environment = {"PGCONNECT_TIMEOUT": str(patience), "PGOPTIONS": "-c statement_timeout=60s"}
        return programs.run([programs.find("psql"), *flags, *address], say=statements, env=environment).strip()

    def url(self, database: str = "postgres", *, role: str = ROLE) -> str:
        """The address of a database."""
        return f"postgresql://{role}@{ports.LOOPBACK}:{self.port}/{database}"

    def _make_data(self) -> None:
        flags = ("--username", ADMIN, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        programs.run([programs.find("initdb"), "--pgdata", str(self.data), *flags], user=self._user)

    def _first_start(self) -> None:
        self.sql(f"create role {ROLE} login createdb in role pg_monitor, pg_signal_backend")
        self.sql(_EVERY_DATABASE, database="template1")

    def _command(self) -> Sequence[str]:
        settings = {**self._settings, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [programs.find("postgres"), "-D", str(self.data), *options]

    def _is_ready(self) -> bool:
        # As `pg_ctl --wait` does it. The file of a killed server says `ready` too, with another process's id.
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > _READY_LINE and int(lines[0]) == self._main and lines[_READY_LINE].strip() == "ready"

    def _ask_to_stop(self) -> None:
        keeper.signal_each([self._main], signal.SIGINT)  # fast: SIGTERM would wait for every client


class PostgresReplica(Postgres):
    """A replica that streams from a primary, through a slot: it may be away as long as it likes and still come back.

    Read only. It shares the primary's databases and roles.
    """

    name: ClassVar[str] = "postgres-replica"

    def __init__(self, primary: Postgres) -> None:
        super().__init__(settings={**primary._settings, "synchronous_standby_names": ""})  # noqa: SLF001 - its own kind
        self._primary = primary
        self._slot = f"replica_{self.port}"

    def start(self) -> PostgresReplica:
        """Start it (the first time: copy the primary) and wait until it accepts queries."""
        Server.start(self)
        return self

    def pause_replay(self) -> None:
        """Keep receiving, and show nothing new: lag grows until `resume_replay`."""
        self.sql("select pg_wal_replay_pause()")

    def resume_replay(self) -> None:
        """Show what was received."""
        self.sql("select pg_wal_replay_resume()")

    def delay_replay(self, delay: timedelta) -> None:
        """Show every commit this much later than it was made; zero ends it."""
        self.sql(f"alter system set recovery_min_apply_delay = '{round(delay.total_seconds() * 1000)}ms'")
        self.sql("select pg_reload_conf()")

    def catch_up(self) -> None:
        """Wait until everything that the primary has written so far can be read here.

        Raises:
            ServerFailed: not within 30 s.
        """
        written = self._primary.sql("select pg_current_wal_lsn()")
        shown = f"select coalesce(pg_last_wal_replay_lsn() >= '{written}', false)"
        if not wait_until(lambda: self.sql(shown) == "t", _CATCH_UP):
            raise ServerFailed(f"the replica did not come up to {written}:\n{self.log_tail()}")

    def revive(self) -> None:
        """See to it that it runs and replays without delay."""
        super().revive()
        self.sql("alter system reset recovery_min_apply_delay")
        self.sql("select pg_reload_conf(), pg_wal_replay_resume()")

    def close(self) -> None:
        """Kill it, remove its folder, and let the primary forget its place in the log."""
        super().close()
        if self._primary.is_running:
            self._primary.sql(f"select pg_drop_replication_slot('{self._slot}')")

    def _make_data(self) -> None:
        source = ("--host", ports.LOOPBACK, "--port", str(self._primary.port), "--username", ADMIN)
        how = ("--wal-method=stream", "--checkpoint=fast", "--no-sync", "--write-recovery-conf")
        slot = ("--create-slot", "--slot", self._slot)
        programs.run(
            [programs.find("pg_basebackup"), "--pgdata", str(self.data), *source, *how, *slot], user=self._user
        )


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """One database of a server."""

    server: Postgres
    name: str

    @property
    def url(self) -> str:
        """Its address, as the role `natalis`, which owns it."""
        return self.server.url(self.name)

    @property
    def admin_url(self) -> str:
        """Its address, as the superuser."""
        return self.server.url(self.name, role=ADMIN)

    def sql(self, statements: str) -> str:
        """Run statements in it as superuser (see `Postgres.sql`)."""
        return self.server.sql(statements, database=self.name)


@dataclass(frozen=True, slots=True)
class PostgresPair:
    """One database, on the primary and on the replica that streams from it."""

    primary: PostgresDatabase
    replica_server: PostgresReplica

    @property
    def replica(self) -> PostgresDatabase:
        """The database as the replica shows it."""
        return PostgresDatabase(self.replica_server, self.primary.name)

    def catch_up(self) -> None:
        """Wait until what was committed on the primary can be read on the replica."""
        self.replica_server.catch_up()
