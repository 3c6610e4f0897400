"""Every provider that must keep the same promises; a new one joins with a line in `BENCHES`."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest

from natalis.clocks.system import SystemClock
from natalis.mock_provider.knobs import Knobs
from natalis.mock_provider.server import Letter, serve
from natalis.ports.provider import Provider
from natalis.providers.console import ConsoleProvider
from natalis.providers.http import HttpProvider
from natalis.providers.http_options import HttpOptions


@dataclass
class Bench:
    """A provider, and what its recipients got: one text per message delivered, the address in it."""

    provider: Provider
    delivered: Callable[[], list[str]]


@asynccontextmanager
async def http() -> AsyncIterator[Bench]:
    """Yield the HTTP provider before a mock provider that never fails."""
    letters: list[Letter] = []
    running = await serve(Knobs.flawless(), SystemClock(), delivered=letters.append)
    provider = HttpProvider(HttpOptions(running.url), SystemClock())
    yield Bench(provider, lambda: [f"{letter.email}  {letter.message}" for letter in letters])
    await provider.close()
    await running.close()


@asynccontextmanager
async def console() -> AsyncIterator[Bench]:
    """Yield the console before a stream in memory."""
    stream = io.StringIO()
    yield Bench(ConsoleProvider(stream), lambda: stream.getvalue().splitlines())


BENCHES: dict[str, Callable[[], AbstractAsyncContextManager[Bench]]] = {"http": http, "console": console}


@pytest.fixture(params=BENCHES)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with BENCHES[request.param]() as made:
        yield made
