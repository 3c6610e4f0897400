"""The HTTP client alone: calls a second of the provider's own client, one process, against the mock provider."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from uuid import UUID

import uvloop

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message
from natalis.domain.outcome import Delivered
from natalis.providers.http import HttpProvider
from natalis.providers.http_options import HttpOptions
from perf.figures import Figure

CALLS = "HTTP client: calls of the provider from one process"

_CONCURRENCY = 100
_DAY = date(2026, 7, 1)


def measure(url: str, *, quick: bool) -> list[Figure]:
    """Return the limit; on a loop of its own, as the service has one."""
    count = 2_000 if quick else 20_000
    per_second = uvloop.run(_calls(url, count))
    return [Figure(CALLS, per_second, "/s")]


async def _calls(url: str, count: int) -> float:
    clock = SystemClock()
    provider = HttpProvider(HttpOptions(url, connections=_CONCURRENCY), clock)
    messages = (_message(number) for number in range(count))
    begun = clock.monotonic()
    try:
        await asyncio.gather(*(_send_each(provider, messages) for _ in range(_CONCURRENCY)))
    finally:
        took = clock.monotonic() - begun
        await provider.close()
    return count / took.total_seconds()


async def _send_each(provider: HttpProvider, messages: Iterator[Message]) -> None:
    for message in messages:
        outcome = await provider.send(message)
        if not isinstance(outcome, Delivered):
            raise SystemExit(f"the provider answered {outcome}")


def _message(number: int) -> Message:
    key = DeliveryKey(str(UUID(int=number)), "birthday", _DAY)
    return Message(key, f"{number}@example.org", "Happy birthday", "Hey, Ada Lovelace it's your birthday")
