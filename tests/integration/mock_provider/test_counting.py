"""Rules: the mock provider counts what it receives, and delivers a repeated key once only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from natalis.mock_provider.knobs import Knobs

pytestmark = pytest.mark.network
BenchOf = Callable[[Knobs], Awaitable[Any]]
ZERO = timedelta(0)


async def test_a_letter_is_delivered_under_an_id(bench_of: BenchOf) -> None:
    bench = await bench_of(Knobs.flawless())
    status, answer = await bench.send()
    assert (status, answer["success"]) == (200, True)
    assert answer["messageId"]
    assert [(letter.email, letter.message) for letter in bench.delivered] == [("ada@example.org", "Hey, Renée")]


async def test_a_repeated_key_gets_the_same_answer_and_is_delivered_once(bench_of: BenchOf) -> None:
    bench = await bench_of(Knobs.flawless())
    assert await bench.send() == await bench.send()
    assert len(bench.delivered) == 1
    stats = await bench.stats("?keys=1")
    assert stats["perKey"] == {"k1": {"received": 2, "accepted": 1, "replayed": 1}}
    assert stats["doubled"] == 0


async def test_without_recognition_a_repeated_key_is_delivered_again_and_told(bench_of: BenchOf) -> None:
    bench = await bench_of(Knobs(error_rate=0, latency_min=ZERO, latency_max=ZERO, recognises_repeats=False))
    (_, first), (_, second) = await bench.send(), await bench.send()
    assert first["messageId"] != second["messageId"]
    assert len(bench.delivered) == 2
    assert (await bench.stats())["doubled"] == 1


async def test_letters_without_a_key_are_all_delivered(bench_of: BenchOf) -> None:
    bench = await bench_of(Knobs.flawless())
    for _ in range(3):
        await bench.send(None)
    stats = await bench.stats()
    assert (stats["accepted"], stats["keyless"], stats["keys"], len(bench.delivered)) == (3, 3, 0, 3)


async def test_reset_forgets(bench_of: BenchOf) -> None:
    bench = await bench_of(Knobs.flawless())
    await bench.send()
    async with bench.client.post("/reset") as response:
        assert response.status == 200
    stats = await bench.stats("?keys=1")
    assert (stats["received"], stats["perKey"]) == (0, {})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"email": 1, "message": "x"}', b'{"email": "a@example.org"}'])
async def test_a_body_that_is_no_letter_is_refused(bench_of: BenchOf, body: bytes) -> None:
    bench = await bench_of(Knobs.flawless())
    async with bench.client.post("/send-email", data=body) as response:
        assert response.status == 400
    assert (await bench.stats())["malformed"] == 1


async def test_many_keys_are_told_as_one_json_object(bench_of: BenchOf) -> None:
    bench = await bench_of(Knobs.flawless())
    for number in range(12_000):
        bench.running.provider.register.receive(f"key {number}")
    assert len((await bench.stats("?keys=1"))["perKey"]) == 12_000


async def test_an_unknown_path_is_404(bench_of: BenchOf) -> None:
    bench = await bench_of(Knobs.flawless())
    async with bench.client.get("/send-email") as response:
        assert response.status == 404
