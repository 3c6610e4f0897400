"""The SQLite file: there, whole, ours, with room beside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from natalis.errors import StoreUnavailable
from natalis.runtime.checkup.finding import Finding, ill, warning, well
from natalis.runtime.settings import Settings
from natalis.stores.sqlite.inspecting import Inspection, holder_of, inspect
from natalis.stores.sqlite.migrating import check_owner

LITTLE_SPACE = 1 << 30  # bytes: an import of a million people takes about half of it


def check_database(settings: Settings) -> Finding:
    """Look at the file: there, readable, whole, and then whatever `_check_file` asks."""
    path = settings.database_path
    if not path.exists():
        return _check_folder(path)
    try:
        found = inspect(path, thoroughly=True)
    except StoreUnavailable as error:
        return ill("database", str(error), "restore a backup, or name another file in DATABASE_URL")
    if found.faults:
        remedy = "stop the service, then restore a backup or run `sqlite3 FILE .recover`"
        return ill("database", f"{path} is damaged: {found.faults[0]}", remedy)
    return _check_file(path, found)


def check_disk(settings: Settings) -> Finding:
    """See how much space is left beside the database."""
    folder = settings.database_path.absolute().parent
    if not folder.is_dir():
        return ill("disk", f"{folder} does not exist", f"make it: mkdir -p {folder}")
    free = shutil.disk_usage(folder).free
    detail = f"{free / (1 << 30):.1f} GB free in {folder}"
    if free < LITTLE_SPACE:
        return warning("disk", detail, "make room: with a full disk nothing can be marked as sent")
    return well("disk", detail)


def _check_file(path: Path, found: Inspection) -> Finding:
    try:
        check_owner(path, found.version, is_foreign=found.has_tables and not found.is_ours)
    except StoreUnavailable as error:
        problem, _, remedy = str(error).partition(": ")
        return ill("database", problem, remedy)
    if not _writable(path):
        return ill("database", f"{path} may not be written", "give this user the right to write it")
    if found.missing:
        detail = f"{path} lacks {len(found.missing)} migration(s)"
        return warning("database", detail, "`natalis migrate --apply` adds them, and so does a start")
    holder = holder_of(path)
    running = f", run by process {holder}" if holder else ""
    return well("database", f"{path}, whole, version {found.version}{running}")


def _check_folder(path: Path) -> Finding:
    folder = path.absolute().parent
    if not folder.is_dir():
        return ill("database", f"the folder {folder} does not exist", f"make it: mkdir -p {folder}")
    if not _writable(folder):
        return ill("database", f"{folder} may not be written", "give this user the right to write there")
    return well("database", f"{path} will be made at the first start")


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK)
