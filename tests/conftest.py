"""What every test stands on: no sockets unless it is marked `network`, and servers for those that ask."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["natalis.testing.servers.fixtures", "natalis.testing.postgres_stores"]


settings.register_profile("house", deadline=None)  # speed is measured in perf/, never judged by a test
settings.load_profile("house")


class SocketBlocked(RuntimeError):
    """A test without the `network` mark tried to reach a socket."""


@pytest.fixture(autouse=True)
def _blocked_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("network") is not None:
        return

    def refuse(*_: Any, **__: Any) -> Any:
        raise SocketBlocked("mark the test `network` if it must open a socket")

    for name in ("connect", "connect_ex", "bind", "listen"):
        monkeypatch.setattr(socket.socket, name, refuse)
