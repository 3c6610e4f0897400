"""A small disk: a file system in a file of a few megabytes, which can be filled without harm."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from natalis.testing.servers import programs

_MEGABYTE = 2**20


class SmallDisk:
    """An ext4 file system that is mounted for one process, and seen by nobody else.

    It is mounted in a mount namespace, and so is gone with the process, however that ends.

    Args:
        folder: An empty folder for its file, and for where it is mounted.
        megabytes: How large it is.

    Raises:
        ProgramFailed: No file system could be made.
        ServerMissing: The program that makes one is not on this machine.
    """

    def __init__(self, folder: Path, megabytes: int = 16) -> None:
        self._image = folder / "image"
        self._place = folder / "disk"
        self._place.mkdir()
        with self._image.open("wb") as image:
            image.truncate(megabytes * _MEGABYTE)
        programs.run([programs.find("mkfs.ext4"), "-q", "-m", "0", str(self._image)])

    @classmethod
    def where_permitted(cls, folder: Path) -> Self | None:
        """Return one; None where we may not mount it: that takes an administrator's rights, which few containers have.

        Args:
            folder: An empty one.
        """
        try:
            disk = cls(folder)
            programs.run([*disk.mounting(), "true"])
        except (programs.ProgramFailed, programs.ServerMissing):
            return None
        return disk

    def mounting(self) -> Sequence[str]:
        """Return the beginning of a command; what follows it runs with the disk mounted, and is its own first process.

        A node exporter reads the mounts of the first process that it sees.
        """
        apart = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        mounted = 'mount -o loop "$1" "$2" && shift 2 && exec "$@"'
        return [programs.find("unshare"), *apart, "sh", "-c", mounted, "sh", str(self._image), str(self._place)]

    def fill(self, pid: int) -> None:
        """Leave nothing free on it.

        Args:
            pid: A process that has it mounted.

        Raises:
            ValueError: That process does not.
        """
        there = Path(f"/proc/{pid}/root{self._place}")
        if there.stat().st_dev == there.parent.stat().st_dev:
            raise ValueError(f"process {pid} has no disk mounted at {self._place}; it would be ours that is filled")
        try:
            with (there / "filling").open("wb", buffering=0) as file:
                while file.write(bytes(_MEGABYTE)):
                    pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
