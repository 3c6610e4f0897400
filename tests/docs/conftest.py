"""A shell for every test, in an empty folder."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from natalis.testing.pages import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Return a shell in an empty folder, with `natalis` on its path and no settings in its environment."""
    usual = ("3000", "3030", "9464")
    ports = dict(zip(usual, _free_ports(len(usual)), strict=True))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NATALIS_")}
    ours = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "NATALIS_PORT": ports["3000"],
        "METRICS_PORT": ports["9464"],
    }
    shell = Shell(tmp_path, kept | ours, ports)
    yield shell
    for process in shell.others.values():
        process.kill()
        process.wait(timeout=60)


def _free_ports(count: int) -> list[str]:
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(each.getsockname()[1]) for each in listening]
    for each in listening:
        each.close()
    return ports
