"""The lock beside the file: one process runs the services on it, others may still read and import."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from natalis.errors import StoreUnavailable


def own(path: Path) -> Callable[[], None]:
    """Take `<path>.lock` and return what gives it back; the operating system does so too when the process dies.

    Raises:
        StoreUnavailable: Another process has it; says which. Or the lock's file cannot be written.
    """
    lock = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreUnavailable(
            f"the lock {lock} cannot be opened ({error.strerror}): see that its directory exists and may be written to"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise StoreUnavailable(
            f"the database {path} is already run by process {holder}: stop that one first, or name another file"
        ) from error
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return lambda: os.close(descriptor)
