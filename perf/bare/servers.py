"""The bare API as a process of its own, on each of the servers that it is tried on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from natalis.testing.servers import ports
from natalis.testing.servers.server import Server

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / ".venvs" / "bare" / "bin"
SETTINGS = {
    "one process, uvloop": "as Natalis has it",
    "uvicorn --http httptools --no-access-log; granian --loop uvloop --no-access-log": "their fastest",
    "a pool of 20 connections without reset": "settled by trials: no faster with 10 or 40",
}


class BareApi(Server):
    """The bare API on uvicorn, which gives it its highest rate, or on Granian, its shortest tail.

    Args:
        database_url: A database of its own.
        on: `uvicorn` or `granian`.
    """

    name: ClassVar[str] = "bare-api"

    def __init__(self, database_url: str, on: str) -> None:
        super().__init__()
        self._database_url = database_url
        self._on = on

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """The process that answers."""
        return self._main

    def _environment(self) -> Mapping[str, str]:
        return {"DATABASE_URL": self._database_url, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}

    def _command(self) -> Sequence[str]:
        where = ["--host", ports.LOOPBACK, "--port", str(self.port)]
        if self._on == "uvicorn":
            flags = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
        else:
            flags = ["--interface", "asgi", "--loop", "uvloop", "--no-access-log", "--workers", "1"]
        return [str(PROGRAMS / self._on), "perf.bare.app:app", *where, *flags]

    def _is_ready(self) -> bool:
        return ports.answers(self.port)
