"""From SQLite's errors to `StoreUnavailable`, each with what to do about it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from natalis.errors import StoreUnavailable

_REMEDIES = {
    sqlite3.SQLITE_BUSY: "another process has been writing for too long; stop it, or try again",
    sqlite3.SQLITE_LOCKED: "another process has been writing for too long; stop it, or try again",
    sqlite3.SQLITE_FULL: "the disk is full; make room, nothing acknowledged was lost",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened; see that its directory exists and may be written to",
    sqlite3.SQLITE_READONLY: "the file or its directory is read-only; allow this user to write to both",
    sqlite3.SQLITE_PERM: "the file or its directory is read-only; allow this user to write to both",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write; check the disk and its file system",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a backup, or recover it with `sqlite3 FILE .recover`",
    sqlite3.SQLITE_NOTADB: "the file is not a SQLite database; name another file",
}
_PRIMARY = 0xFF  # an extended result code keeps its primary code in the low byte


def unavailable(error: sqlite3.Error, path: Path) -> StoreUnavailable:
    """Return what to raise in place of `error`, which came up while working on the file at `path`."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    remedy = _REMEDIES.get(code, "this should not happen; please report it")
    return StoreUnavailable(f"the database {path} does not answer ({error}): {remedy}")
