"""What every test stands on: no sockets unless it is marked `network`, and servers for those that ask."""

from __future__ import annotations

import socket
from itertools import islice
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["natalis.testing.servers.fixtures", "natalis.testing.postgres_stores"]


settings.register_profile("house", deadline=None)  # speed is measured in perf/, never judged by a test
settings.load_profile("house")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have every worker begin with its share of the slow tests, so that no worker ends alone with a long one."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    slow = [item for item in items if item.get_closest_marker("slow") is not None]
    quick = [item for item in items if item.get_closest_marker("slow") is None]
    items[:] = _shared_out(slow, quick, workers)


def _shared_out(slow: list[pytest.Item], quick: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests in as many equal stretches as there are workers, each with slow tests first.

    A worker gets one stretch and takes from others when it is done. The slow tests of a module stay together, for
    they share servers.
    """
    modules: dict[Any, list[pytest.Item]] = {}
    for item in slow:
        modules.setdefault(item.path, []).append(item)
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for module in sorted(modules.values(), key=len, reverse=True):
        min(shares, key=len).extend(module)
    length = -(-(len(slow) + len(quick)) // workers)
    rest = iter(quick)
    stretches = [[*share, *islice(rest, max(0, length - len(share)))] for share in shares]
    return [item for stretch in stretches for item in stretch] + list(rest)


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
