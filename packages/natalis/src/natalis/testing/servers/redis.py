"""Redis: one server, which keeps nothing over a restart unless told to."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import closing
from typing import ClassVar

from natalis.testing.servers import ports, programs
from natalis.testing.servers.server import Server


class RedisServer(Server):
    """Redis.

    Args:
        durable: keep an append-only file, so that what was answered is there after a restart, also after SIGKILL.
    """

    name: ClassVar[str] = "redis"

    def __init__(self, *, durable: bool = False) -> None:
        super().__init__()
        self._durable = durable

    @property
    def url(self) -> str:
        """Its address, database 0."""
        return f"redis://{ports.LOOPBACK}:{self.port}/0"

    def command(self, *words: str) -> str:
        """Send one command and return the first line of the answer as the protocol has it: `+OK`, `$5`, `:1`.

        Raises:
            OSError: it does not answer within two seconds.
        """
        parts = [f"*{len(words)}", *(part for word in words for part in (f"${len(word.encode())}", word)), ""]
        with closing(socket.create_connection((ports.LOOPBACK, self.port), timeout=2)) as connection:
            connection.sendall("\r\n".join(parts).encode())
            with connection.makefile("rb") as answer:
                return answer.readline().decode().strip()

    def flush(self) -> None:
        """Forget everything, in every database."""
        self.command("FLUSHALL")

    def _command(self) -> Sequence[str]:
        append = "yes" if self._durable else "no"
        return [
            programs.find("redis-server"),
            *("--bind", ports.LOOPBACK, "--port", str(self.port), "--dir", str(self.folder)),
            *("--save", "", "--appendonly", append, "--daemonize", "no"),
        ]

    def _is_ready(self) -> bool:
        try:
            return self.command("PING") == "+PONG"
        except OSError:
            return False
