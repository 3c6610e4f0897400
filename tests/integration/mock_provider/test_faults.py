"""Rules: the mock provider fails as its knobs say, before acceptance and after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from natalis.mock_provider.knobs import Knobs

pytestmark = pytest.mark.network
BenchOf = Callable[[Knobs], Awaitable[Any]]
CALM = Knobs.flawless()


def knobs(**turned: object) -> Knobs:
    return msgspec.structs.replace(CALM, **turned)


@pytest.mark.parametrize(("after", "delivered"), [(0.0, 0), (1.0, 1)])
async def test_an_error_may_come_before_or_after_acceptance(bench_of: BenchOf, after: float, delivered: int) -> None:
    bench = await bench_of(knobs(error_rate=1.0, after_accepting=after))
    status, answer = await bench.send()
    assert status in {429, 500, 503}
    assert answer["success"] is False
    assert len(bench.delivered) == delivered


@pytest.mark.parametrize(("after", "delivered"), [(0.0, 0), (1.0, 1)])
async def test_a_drop_may_come_before_or_after_acceptance(bench_of: BenchOf, after: float, delivered: int) -> None:
    bench = await bench_of(knobs(drop_rate=1.0, after_accepting=after))
    with pytest.raises(aiohttp.ClientError):
        await bench.send()
    assert len(bench.delivered) == delivered


@pytest.mark.parametrize(("after", "delivered"), [(0.0, 0), (1.0, 1)])
async def test_a_hang_ends_in_a_drop_at_last(bench_of: BenchOf, after: float, delivered: int) -> None:
    bench = await bench_of(knobs(hang_rate=1.0, after_accepting=after, hang=timedelta(seconds=30)))
    call = asyncio.ensure_future(bench.send())
    while (await bench.stats())["faults"]["hang"] == {"before": 0, "after": 0}:
        pass
    assert not call.done()
    assert len(bench.delivered) == delivered
    bench.clock.advance(timedelta(seconds=30))
    with pytest.raises(aiohttp.ClientError):
        await call


async def test_closing_lets_a_hanging_call_fall(bench_of: BenchOf) -> None:
    bench = await bench_of(knobs(hang_rate=1.0))
    call = asyncio.ensure_future(bench.send())
    while not (await bench.stats())["received"]:
        pass
    await bench.running.close()
    with pytest.raises(aiohttp.ClientError):
        await call


async def test_an_answer_takes_its_latency(bench_of: BenchOf) -> None:
    span = timedelta(milliseconds=200)
    bench = await bench_of(knobs(latency_min=span, latency_max=span))
    call = asyncio.ensure_future(bench.send())
    while not (await bench.stats())["received"]:
        pass
    bench.clock.advance(span - timedelta(milliseconds=1))
    assert (await bench.stats())["accepted"] == 0
    bench.clock.advance(timedelta(milliseconds=1))
    assert (await call)[0] == 200


async def test_outages_come_round(bench_of: BenchOf) -> None:
    bench = await bench_of(knobs(outage_every=timedelta(seconds=60), outage_length=timedelta(seconds=10)))
    told = []
    for _ in range(4):
        told.append((await bench.send())[0])
        bench.clock.advance(timedelta(seconds=25))
    assert told == [200, 200, 503, 200]  # at 0, 25, 50 and 75 s


async def test_a_throttled_call_says_when_to_come_back(bench_of: BenchOf) -> None:
    bench = await bench_of(knobs(error_rate=1.0, after_accepting=0.0, retry_after=timedelta(seconds=7)))
    wishes = {}
    for number in range(40):
        headers = {"Idempotency-Key": str(number)}
        letter = {"email": "ada@example.org", "message": "x"}
        async with bench.client.post("/send-email", json=letter, headers=headers) as response:
            wishes[response.status] = response.headers.get("Retry-After")
    assert wishes == {429: "7", 500: None, 503: None}


async def test_knobs_turn_while_it_runs(bench_of: BenchOf) -> None:
    bench = await bench_of(CALM)
    async with bench.client.post("/knobs", json={"errorRate": 1, "latencyMax": 0.5}) as response:
        assert (response.status, (await response.json())["latencyMax"]) == (200, "PT0.5S")
    assert bench.running.provider.knobs == knobs(error_rate=1.0, latency_max=timedelta(seconds=0.5))
    async with bench.client.get("/knobs") as response:
        assert (await response.json())["errorRate"] == 1


@pytest.mark.parametrize(
    ("turned", "told"),
    [
        ({"erorRate": 1}, "erorRate"),
        ({"errorRate": 2}, "errorRate"),
        ({"errorRate": 0.6, "dropRate": 0.6}, "more than every call"),
        ({"latencyMin": 9}, "latencyMin"),
        ({"outageEvery": 5, "outageLength": 5}, "outageLength"),
        ([], "object"),
    ],
)
async def test_a_knob_that_cannot_stand_so_is_refused(bench_of: BenchOf, turned: object, told: str) -> None:
    bench = await bench_of(CALM)
    async with bench.client.post("/knobs", json=turned) as response:
        assert response.status == 422
        assert told in (await response.json())["error"]
    assert bench.running.provider.knobs == CALM


async def test_health_is_told_through_every_fault(bench_of: BenchOf) -> None:
    bench = await bench_of(knobs(drop_rate=1.0))
    async with bench.client.get("/health") as response:
        assert response.status == 200
