"""What the mock provider's tests share: one that listens, and a client that speaks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.mock_provider.knobs import Knobs
from natalis.mock_provider.server import Letter, Running, serve
from natalis.testing.builders import NOON


@dataclass
class Bench:
    """A mock provider on a virtual clock, what it delivered, and a client."""

    running: Running
    clock: VirtualClock
    delivered: list[Letter]
    client: aiohttp.ClientSession

    async def send(self, key: str | None = "k1") -> tuple[int, dict[str, Any]]:
        """Send a letter; return the status and the answer."""
        headers = {} if key is None else {"Idempotency-Key": key}
        letter = {"email": "ada@example.org", "message": "Hey, Renée"}
        async with self.client.post("/send-email", json=letter, headers=headers) as response:
            return response.status, await response.json()

    async def stats(self, query: str = "") -> dict[str, Any]:
        """Return the statistics."""
        async with self.client.get(f"/stats{query}") as response:
            stats: dict[str, Any] = await response.json()
            return stats


BenchOf = Callable[[Knobs], Awaitable[Bench]]


@pytest.fixture
async def bench_of() -> AsyncIterator[BenchOf]:
    """Return a maker of benches."""
    benches: list[Bench] = []

    async def make(knobs: Knobs) -> Bench:
        clock, delivered = VirtualClock(NOON), list[Letter]()
        running = await serve(knobs, clock, delivered=delivered.append)
        bench = Bench(running, clock, delivered, aiohttp.ClientSession(running.url))
        benches.append(bench)
        return bench

    yield make
    for bench in benches:
        await bench.client.close()
        await bench.running.close()
