"""Whatever happens to a test, nothing of its servers is left: no process, no folder, no port."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from natalis.testing.servers import keeper, ports
from natalis.testing.servers.postgres import Postgres
from natalis.testing.servers.programs import ServerMissing, find
from natalis.testing.servers.redis import RedisServer
from natalis.testing.servers.server import ServerFailed, wait_until

pytestmark = pytest.mark.network

_SOON = timedelta(seconds=20)
_STARTS_AND_WAITS = """
import sys
from natalis.testing.servers.postgres import Postgres
server = Postgres().start()
print(server.port, server.folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server() -> Iterator[Postgres]:
    with Postgres() as started:
        yield started


def _processes_of(folder: Path) -> list[str]:
    return [line for line in _command_lines() if str(folder) in line]


def _command_lines() -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


def test_after_a_stop_no_process_is_left_and_after_the_close_no_folder(server: Postgres) -> None:
    server.stop()
    assert _processes_of(server.folder) == []
    assert not ports.answers(server.port)
    assert server.data.exists()
    server.close()
    assert not server.folder.exists()


def test_after_a_kill_no_child_is_left(server: Postgres) -> None:
    assert server._keeper is not None
    children = keeper.descendants(server._keeper.pid)
    server.kill()
    assert len(children) > 5
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def test_a_paused_server_can_be_stopped_and_killed(server: Postgres) -> None:
    server.pause()
    server.stop()
    assert not server.is_running
    server.start()
    server.pause()
    server.kill()
    assert not server.is_running


def test_when_whoever_started_it_is_killed_it_goes_with_its_folder() -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", _STARTS_AND_WAITS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with starter as process:
        assert process.stdout is not None
        port, name = process.stdout.readline().split()
        folder = Path(name)
        assert ports.answers(int(port))
        assert _processes_of(folder)
        process.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not folder.parent.exists() and not _processes_of(folder), _SOON)


def test_a_port_is_nobody_elses_while_it_is_held_and_below_those_of_clients() -> None:
    held = [ports.reserve() for _ in range(20)]
    numbers = {port.number for port in held}
    for port in held:
        port.release()
    assert len(numbers) == 20
    assert max(numbers) < 32_768


def test_a_server_that_cannot_start_says_why() -> None:
    server = Postgres(settings={"max_connections": "none"})
    with pytest.raises(ServerFailed, match='invalid value for parameter "max_connections": "none"'):
        server.start()
    assert _processes_of(server.folder) == []
    server.close()


def test_a_server_that_is_not_installed_fails_with_the_remedy() -> None:
    with pytest.raises(ServerMissing, match="make services"):
        find("a-server-that-nobody-has")


def test_starting_what_runs_and_stopping_what_does_not_changes_nothing() -> None:
    with RedisServer() as server:
        server.command("SET", "name", "Ada")
        server.start()
        assert server.command("EXISTS", "name") == ":1"
        server.stop()
        server.stop()
        server.kill()
        assert not server.is_running
