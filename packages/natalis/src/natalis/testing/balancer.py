"""The load balancer as it is shipped, in front of ports of this machine, called from several addresses."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from natalis.testing.servers import ports
from natalis.testing.servers.nginx import Nginx

INSIDE, OUTSIDE, PROXY = "127.0.0.1", "127.0.0.2", "127.0.0.3"
"""Addresses of this machine that tests call from; all of 127/8 are."""
PATIENCE = 30.0  # seconds
_API = re.compile(r"^server \S+ (?P<options>.+;)$", re.MULTILINE)
_LISTENS = re.compile(r"^listen \d+(?P<options>.*;)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client was told; headers by their name in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body, unpacked and read."""
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.body) if packed else self.body)


class Balancer(Nginx):
    """nginx with `deploy/nginx/natalis.conf`, to the letter, and a site of its own.

    The lines of the site are the shipped ones with other addresses in them.

    Args:
        shipped: The folder `deploy/nginx`.
        apis: Ports of this machine to balance over.
        listen: Which of the shipped ways to listen.
        secrets: Where the files are that those name below `/run/secrets`.
    """

    def __init__(
        self, shipped: Path, apis: Iterable[int], *, listen: str = "listen.conf", secrets: Path | None = None
    ) -> None:
        super().__init__((shipped / "natalis.conf").read_text())
        self.folder.chmod(0o755)  # started by root, nginx works as another user
        shutil.copytree(shipped / "parts", self.folder / "parts")
        site = self.folder / "site"
        site.mkdir()
        listens = _LISTENS.sub(rf"listen {ports.LOOPBACK}:{self.port}\g<options>", _read(shipped, listen))
        (site / "listen.conf").write_text(listens.replace("/run/secrets", str(secrets)))
        options = _only(set(_API.findall(_read(shipped, "apis.conf"))))
        (site / "apis.conf").write_text("".join(f"server {ports.LOOPBACK}:{port} {options}\n" for port in apis))
        (site / "internal.conf").write_text(_read(shipped, "internal.conf"))
        (site / "proxies.conf").write_text(f"set_real_ip_from {PROXY};\n")

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        source: str = INSIDE,
    ) -> Answer:
        """Ask once, on a connection of its own."""
        with closing(self.client(source)) as connection:
            return asked(connection, method, path, body=body, headers=headers)

    def client(self, source: str = INSIDE) -> http.client.HTTPConnection:
        """Return a connection from an address of this machine; it is made with the first request."""
        return http.client.HTTPConnection(ports.LOOPBACK, self.port, timeout=PATIENCE, source_address=(source, 0))

    def logged(self) -> Sequence[Mapping[str, str]]:
        """Return its access log, oldest first."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith('{"@timestamp"')]


def asked(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask on a connection that may have been used before."""
    connection.request(method, path, body, dict(headers or {}))
    with connection.getresponse() as answer:
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


def _read(shipped: Path, name: str) -> str:
    return (shipped / "site" / name).read_text()


def _only(found: set[str]) -> str:
    (one,) = found
    return one
