"""Running the command line: in this process for speed, through the installed `natalis` where a process matters."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from natalis.cli.app import run
from natalis.clocks.system import SystemClock
from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import Delivery
from natalis.domain.intake import UserInput
from natalis.domain.message import Message
from natalis.domain.outcome import Refused
from natalis.runtime.settings import Settings
from natalis.runtime.staffing import services_of
from natalis.runtime.wiring import Application, open_application
from natalis.telemetry.fanout import Fanout
from natalis.testing.command_line import Natalis, Ran
from natalis.testing.servers.postgres import PostgresDatabase
from natalis.transports.embedded import EmbeddedTransport


@pytest.fixture
def natalis(capsys: pytest.CaptureFixture[str], clean: Path) -> Natalis:
    """Run a command line in this process, in an empty folder."""
    del clean

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return call


@pytest.fixture
def process(clean: Path) -> Natalis:
    """Run a command line as a process of its own, in an empty folder."""

    def call(*arguments: str) -> Ran:
        command = [str(Path(sys.executable).with_name("natalis")), *arguments]
        done = subprocess.run(command, cwd=clean, capture_output=True, text=True, timeout=120, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return an empty folder that is the current one, with no settings in the environment."""
    for name in list(os.environ):
        if name.startswith("NATALIS_") or name.endswith("_URL"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=[pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.network)])
def database(request: pytest.FixtureRequest, clean: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of an empty database that the settings name: a test that asks runs on each kind.

    On PostgreSQL it takes four connections and no more: a command is no server, and must not hold what those need.
    """
    if request.param == "sqlite":
        return f"sqlite:{clean / 'natalis.db'}"
    made: PostgresDatabase = request.getfixturevalue("migrated")
    made.sql(f'alter database "{made.name}" connection limit 4')
    monkeypatch.setenv("DATABASE_URL", made.url)
    return made.url


@pytest.fixture
def greet() -> Callable[[str], Delivery]:
    """What makes a delivery of today that the provider refused, in the database at an address."""
    return lambda url: asyncio.run(_refused(Settings(database_url=url)))


@pytest.fixture
def greeted(database: str, greet: Callable[[str], Delivery]) -> Delivery:
    """Return a delivery of today that the provider refused."""
    return greet(database)


async def _refused(settings: Settings) -> Delivery:
    clock = SystemClock()
    async with open_application(settings, clock) as application:
        today = clock.now().date()
        ada = UserInput("Ada", "Byron", "ada@example.org", f"1996-{today:%m-%d}", "UTC")
        await application.users.create(ada)
        await _plan_and_refuse(application, today)
        page = await application.deliveries.list()
    return page.items[0]


async def _plan_and_refuse(application: Application, today: date) -> None:
    clock = VirtualClock(datetime.combine(today, time(9), UTC))
    moved = replace(application, clock=clock)
    services = await services_of(moved, EmbeddedTransport(clock), _Refusing(), Fanout(), patience=timedelta(0))
    for _ in range(4):
        for service in services:
            await service.step()


class _Refusing:
    name = "refusing"
    recognises_repeats = True

    async def send(self, message: Message) -> Refused:
        return Refused(f"{message.email} is not known here")

    async def close(self) -> None:
        pass
