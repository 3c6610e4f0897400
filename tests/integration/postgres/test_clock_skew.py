"""A process whose clock is not the database's says so when it starts, and starts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from natalis.clocks.system import SystemClock
from natalis.clocks.virtual import VirtualClock
from natalis.runtime.clock_skew import MUCH, warn_of_skew
from natalis.runtime.settings import Settings
from natalis.testing.servers.postgres import PostgresDatabase

pytestmark = pytest.mark.network


@pytest.mark.parametrize(("off", "word"), [(timedelta(seconds=-90), "ahead of"), (timedelta(seconds=90), "behind")])
async def test_a_clock_that_is_off_is_warned_of(
    postgres: PostgresDatabase, caplog: pytest.LogCaptureFixture, off: timedelta, word: str
) -> None:
    await warn_of_skew(Settings(database_url=postgres.url), VirtualClock(SystemClock().now() + off))

    (line,) = caplog.messages
    assert word in line
    assert "one time source" in line


async def test_clocks_that_agree_are_not_spoken_of(
    postgres: PostgresDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    await warn_of_skew(Settings(database_url=postgres.url), SystemClock())

    assert caplog.messages == []


async def test_a_server_that_cannot_be_asked_keeps_nobody_from_starting(caplog: pytest.LogCaptureFixture) -> None:
    await warn_of_skew(Settings(database_url="postgresql://127.0.0.1:1/nobody"), SystemClock())

    assert caplog.messages == []


async def test_one_machine_has_one_clock(caplog: pytest.LogCaptureFixture) -> None:
    await warn_of_skew(Settings(), VirtualClock(SystemClock().now() + 100 * MUCH))

    assert caplog.messages == []
