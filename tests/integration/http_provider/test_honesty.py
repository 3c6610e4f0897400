"""Rules: what the provider says of a call is what the service knows of it, however the service fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from natalis.clocks.system import SystemClock
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Delivered, Refused, Unknown
from natalis.mock_provider.knobs import Knobs
from natalis.mock_provider.server import MockProvider, serve
from natalis.providers.http import HttpProvider
from natalis.providers.http_options import HttpOptions

pytestmark = pytest.mark.network
PEOPLE = 200


@asynccontextmanager
async def an_ill_service(*, recognises_repeats: bool) -> AsyncIterator[tuple[HttpProvider, MockProvider]]:
    knobs = Knobs(
        error_rate=0.3,
        drop_rate=0.2,
        hang_rate=0.05,
        latency_min=timedelta(0),
        latency_max=timedelta(milliseconds=5),
        recognises_repeats=recognises_repeats,
        seed=1,
    )
    running = await serve(knobs, SystemClock())
    options = HttpOptions(running.url, recognises_repeats=recognises_repeats, timeout=timedelta(seconds=3))
    provider = HttpProvider(options, SystemClock())
    try:
        yield provider, running.provider
    finally:
        await provider.close()
        await running.close()


def messages_like(message: Message) -> list[Message]:
    return [replace(message, key=message.key._replace(user_id=f"u{number}")) for number in range(PEOPLE)]


@pytest.mark.parametrize("recognises_repeats", [True, False])
async def test_one_call_is_judged_as_it_was(message: Message, *, recognises_repeats: bool) -> None:
    wanted = messages_like(message)
    async with an_ill_service(recognises_repeats=recognises_repeats) as (provider, service):
        outcomes = await asyncio.gather(*(provider.send(each) for each in wanted))
        accepted = [service.register.of(str(each.key)).accepted for each in wanted]
    told = {(type(outcome), count) for outcome, count in zip(outcomes, accepted, strict=True)}
    assert told == {(Delivered, 1), (Deferred, 0), (Unknown, 0), (Unknown, 1)}


async def test_retrying_under_the_same_key_delivers_exactly_once(message: Message) -> None:
    wanted = messages_like(message)
    async with an_ill_service(recognises_repeats=True) as (provider, service):

        async def persist(each: Message) -> int:
            calls = 1
            while not isinstance(outcome := await provider.send(each), Delivered):
                assert not isinstance(outcome, Refused)
                calls += 1
            return calls

        calls = await asyncio.gather(*(persist(each) for each in wanted))
        counts = [service.register.of(str(each.key)) for each in wanted]
    assert [count.accepted for count in counts] == [1] * PEOPLE
    assert sum(count.replayed for count in counts) > 0
    assert all(count.received <= made for count, made in zip(counts, calls, strict=True))
