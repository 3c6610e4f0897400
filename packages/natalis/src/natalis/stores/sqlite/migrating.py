"""Brings a file from the version it has to the version this code knows, in one transaction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from natalis.errors import StoreUnavailable

APPLICATION_ID = 0x4E41544C  # "NATL": tells a Natalis file from any other SQLite database
_NUMBERED = re.compile(r"(\d{4})_\w+\.sql")


def migrations() -> dict[int, str]:
    """Return the text of every migration, by its number."""
    texts = {
        int(found[1]): resource.read_text("utf-8")
        for resource in files("natalis.stores.sqlite.migrations").iterdir()
        if (found := _NUMBERED.fullmatch(resource.name)) is not None
    }
    return dict(sorted(texts.items()))


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Apply what is missing; harmless when repeated, and when several processes open the file at once.

    Raises:
        StoreUnavailable: The file belongs to another program, or to a newer version of this one.
    """
    if _version(connection) == max(migrations()) and _application(connection) == APPLICATION_ID:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _apply_missing(connection, path)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def check_owner(path: Path, version: int, *, is_foreign: bool) -> None:
    """Refuse a file that this program must not touch.

    Raises:
        StoreUnavailable: It belongs to another program, or to a newer version of this one.
    """
    if is_foreign:
        raise StoreUnavailable(f"the database {path} belongs to another program: name another file")
    if version > max(migrations()):
        raise StoreUnavailable(f"the database {path} was made by a newer version of Natalis: install that version")


def statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would commit what came before it."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""


def _apply_missing(connection: sqlite3.Connection, path: Path) -> None:
    known, found = migrations(), _version(connection)
    check_owner(path, found, is_foreign=_application(connection) != APPLICATION_ID and _has_tables(connection))
    for number, script in known.items():
        if number > found:
            for statement in statements(script):
                connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {max(known)}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _application(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
