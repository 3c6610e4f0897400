"""A shell for every test, in an empty folder; and one before empty servers."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from natalis.testing.pages import Shell, blocks_in
from natalis.testing.servers import programs
from natalis.testing.servers.postgres import ADMIN, ROLE, Postgres
from natalis.testing.servers.rabbitmq import RabbitMQ

ROOT = Path(__file__).resolve().parents[2]
_SUDO = """#!/bin/sh
[ "$1" = -u ] && shift 2
case "$1" in
apt-get) ;; # they are here already
rabbitmq*) tool=$1 && shift && {rabbitmq} exec {rabbitmq_tools}/"$tool" "$@" ;;
*) {postgres} exec "$@" ;;
esac
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Return a shell in an empty folder, with `natalis` on its path and no settings in its environment."""
    ports = _free_ports("3000", "3030", "9464")
    ours = {"NATALIS_PORT": ports["3000"], "METRICS_PORT": ports["9464"]}
    yield from _opened(Shell(tmp_path, _environment() | ours, ports))


@pytest.fixture
def fleet_shell(tmp_path: Path, rabbitmq_server: RabbitMQ) -> Iterator[Shell]:
    """Return a shell before servers on which nothing was made yet; its `sudo` reaches those and no others."""
    with Postgres() as postgres:
        postgres.sql(f"alter role {ROLE} rename to somebody_else")  # the page makes this one
        _write_sudo(tmp_path / "bin", postgres, rabbitmq_server)
        servers = {"5432": str(postgres.port), "5672": str(rabbitmq_server.port)}
        ports = servers | _free_ports("3000", "3030", "9464", "9465", "9466", "9467", "9468")
        environment = _environment()
        environment["PATH"] = f"{tmp_path / 'bin'}:{environment['PATH']}"
        (tmp_path / "fleet").mkdir()
        yield from _opened(Shell(tmp_path / "fleet", environment, ports))
        rabbitmq_server.delete_vhost("natalis")


@pytest.fixture
def fleet_at_work(fleet_shell: Shell) -> Shell:
    """Return the shell of a fleet: its servers, its `natalis.toml` and its tables are there, its processes are not."""
    first_steps = (ROOT / "docs" / "how-to" / "run-a-fleet.md").read_text(encoding="utf-8").partition("## 4.")[0]
    for block in blocks_in(first_steps):
        if block.language == "sh":
            ended, printed = fleet_shell.run(block)
            assert ended == 0, printed
    return fleet_shell


@pytest.fixture
def shell_with_sudo(tmp_path: Path) -> Callable[..., Shell]:
    """Return what makes a shell whose `sudo` reaches a broker and a database; further words are replaced in pages."""

    def make(postgres: Postgres, rabbitmq: RabbitMQ, words: Mapping[str, str]) -> Shell:
        _write_sudo(tmp_path / "bin", postgres, rabbitmq)
        environment = _environment()
        environment["PATH"] = f"{tmp_path / 'bin'}:{environment['PATH']}"
        return Shell(tmp_path, environment, words)

    return make


@pytest.fixture
def shell_with_words(tmp_path: Path) -> Callable[[Mapping[str, str]], Shell]:
    """Return what makes a shell in which words of a page are replaced."""
    return lambda words: Shell(tmp_path, _environment() | {"PYTHONUNBUFFERED": "1"}, words)


@pytest.fixture
def free_ports() -> Callable[..., dict[str, str]]:
    """Return what finds a free port for each usual one."""
    return _free_ports


def _opened(shell: Shell) -> Iterator[Shell]:
    yield shell
    for process in shell.others.values():
        process.kill()
        process.wait(timeout=60)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NATALIS_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _write_sudo(folder: Path, postgres: Postgres, rabbitmq: RabbitMQ) -> None:
    postgres_tools = Path(programs.find("psql")).parent
    script = _SUDO.format(
        postgres=f"PATH={postgres_tools}:$PATH PGHOST=127.0.0.1 PGPORT={postgres.port} PGUSER={ADMIN}",
        rabbitmq=" ".join(f"{name}={value}" for name, value in rabbitmq.for_its_tools().items()),
        rabbitmq_tools=Path(programs.find("rabbitmqctl")).parent,
    )
    folder.mkdir()
    (folder / "sudo").write_text(script, encoding="utf-8")
    (folder / "sudo").chmod(0o755)


def _free_ports(*usual: str) -> dict[str, str]:
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in usual]
    ports = [str(each.getsockname()[1]) for each in listening]
    for each in listening:
        each.close()
    return dict(zip(usual, ports, strict=True))
