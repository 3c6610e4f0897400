"""Temporary folders of servers: inside one for each process of ours; those of processes that are gone are removed."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import os
import shutil
import tempfile
from pathlib import Path

from natalis.testing.servers import programs

_PREFIX = "natalis-servers-"


def make(name: str, user: str) -> Path:
    """A new folder for one server, owned by the user it runs as ("" is ourselves)."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=_ours(os.getpid())))
    programs.give(folder, user)
    return folder


@functools.cache
def _ours(_process: int) -> Path:
    """This process's folder, locked until we end, however we end: one that can be locked has lost its owner."""
    _sweep()
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        fcntl.flock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), fcntl.LOCK_EX)
        if folder.exists():  # else another's sweep came between the two lines above
            break
    folder.chmod(0o755)  # a server that runs as another user must get through
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # its owner lives, or it is another user's, or being removed
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
