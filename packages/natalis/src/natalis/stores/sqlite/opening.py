"""Opens a SQLite file as a store."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from natalis.ports.store import Pool, Store
from natalis.stores.sqlite.census import SqliteCensus
from natalis.stores.sqlite.desk import SqliteDesk
from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.facts import SqliteFacts, SqliteFeedback
from natalis.stores.sqlite.failures import unavailable
from natalis.stores.sqlite.handover import Handover
from natalis.stores.sqlite.history import SqliteHistory
from natalis.stores.sqlite.inbox import SqliteInbox
from natalis.stores.sqlite.ledger import SqliteLedger
from natalis.stores.sqlite.migrating import migrate
from natalis.stores.sqlite.outbox import SqliteOutbox
from natalis.stores.sqlite.ownership import own
from natalis.stores.sqlite.people import SqlitePeople
from natalis.stores.sqlite.plans import SqlitePlans
from natalis.stores.sqlite.recovery import SqliteRecovery
from natalis.stores.sqlite.session import Number
from natalis.stores.sqlite.suppressions import SqliteSuppressions
from natalis.stores.sqlite.tokens import SqliteTokens

READERS = 2  # reads are short, and more threads would only wait for the interpreter's lock
LOCK_PATIENCE_SECONDS = 10.0
_TURNS = 50  # more than ever open one new file at once
_PRAGMAS = (
    "synchronous = FULL",  # what was acknowledged survives a loss of power; see durability.md
    "foreign_keys = ON",
    "secure_delete = FAST",  # what is erased is overwritten where its page is written anyway
    "wal_autocheckpoint = 16000",  # pages: 64 MB of log between checkpoints
    "journal_size_limit = 67108864",  # bytes: the log gives back what a burst took
)
_WRITER_CACHE = "cache_size = -16000"  # KiB, as the minus sign says
_READER_CACHE = "cache_size = -4000"


class SqliteConnection:
    """Implements `natalis.ports.store.Connection`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ping(self) -> None:
        """Read and return; raises `StoreUnavailable`."""
        await self._engine.read(lambda session: session.row("anything", Number))

    def pools(self) -> Sequence[Pool]:
        """Return how many connections are at work: one writes, a few read."""
        return self._engine.pools()

    async def maintain(self, *, today: date, keep: timedelta | None) -> Sequence[str]:  # noqa: ARG002 - a file of one machine has no parts to make or drop
        """Do nothing: there is nothing to make ahead, and everything is kept."""
        return ()

    async def close(self) -> None:
        """Finish what was begun, then let go of every file."""
        await self._engine.close()


class SqliteChanges:
    """Implements `natalis.ports.store.Changes`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._data_version: int | None = None

    async def changed_elsewhere(self) -> bool:
        """Return whether another process wrote since the last call; SQLite counts for the connection that writes."""
        row = await self._engine.write(lambda session: session.row("data_version", Number))
        known, self._data_version = self._data_version, None if row is None else row.number
        return known != self._data_version


async def open_store(path: Path, *, exclusive: bool = False) -> Store:
    """Open a file, made and brought up to date as needed, as a store; close it with `store.connection.close()`.

    Args:
        path: The file; its directory must exist. Beside it SQLite keeps `-wal` and `-shm`.
        exclusive: Take `<path>.lock` too, as the one process that runs the services on this file must. Without it
            the file can be read and written beside that process, for an import or a list.

    Raises:
        StoreUnavailable: It cannot be opened, is not ours, or another process runs it; says what to do.
    """
    return _bundle(await asyncio.to_thread(_engine, path, exclusive=exclusive))


def _engine(path: Path, *, exclusive: bool) -> Engine:
    release = own(path) if exclusive else _nothing_to_release
    try:
        return _connected(path, release)
    except sqlite3.Error as error:
        release()
        raise unavailable(error, path) from error
    except BaseException:
        release()
        raise


def _connected(path: Path, release: Callable[[], None]) -> Engine:
    opened: list[sqlite3.Connection] = []
    _make_private(path)
    try:
        opened.append(_connect(path))
        _log_ahead(opened[0])
        _set(opened[0], *_PRAGMAS, _WRITER_CACHE)
        migrate(opened[0], path)
        opened.extend(_connect(path, _READER_CACHE, "query_only = ON") for _ in range(READERS))
    except BaseException:
        for connection in opened:
            connection.close()
        raise
    return Engine(path, opened[0], opened[1:], release)


def _make_private(path: Path) -> None:
    """Make the file, where there is none, readable by its owner alone, and so what SQLite puts beside it."""
    with contextlib.suppress(OSError):  # it is there already, or SQLite will say why it cannot be
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _connect(path: Path, *pragmas: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=LOCK_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        _set(connection, *pragmas)
    except BaseException:
        connection.close()
        raise
    return connection


def _set(connection: sqlite3.Connection, *pragmas: str) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Turn on the write-ahead log; of several that open a new file at once, each waits its turn.

    SQLite refuses that change at once, however patient the connection is, while another connection makes it. A write
    transaction does wait, so an empty one stands in line.
    """
    for _ in range(_TURNS):
        try:
            _set(connection, "journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        else:
            return
    _set(connection, "journal_mode = WAL")


def _bundle(engine: Engine) -> Store:
    handover = Handover()
    return Store(
        connection=SqliteConnection(engine),
        people=SqlitePeople(engine),
        plans=SqlitePlans(engine),
        outbox=SqliteOutbox(engine, handover),
        inbox=SqliteInbox(engine, handover),
        recovery=SqliteRecovery(engine),
        ledger=SqliteLedger(engine),
        history=SqliteHistory(engine),
        desk=SqliteDesk(engine),
        suppressions=SqliteSuppressions(engine),
        tokens=SqliteTokens(engine),
        facts=SqliteFacts(engine),
        feedback=SqliteFeedback(engine),
        census=SqliteCensus(engine),
        changes=SqliteChanges(engine),
    )


def _nothing_to_release() -> None:
    """Stand in for the lock of a store that was opened without one."""
