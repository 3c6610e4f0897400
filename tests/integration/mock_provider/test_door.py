"""Rules: however a caller speaks HTTP, the mock provider reads it as it was meant, and answers in order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from natalis.mock_provider.door import BODY_LIMIT
from natalis.mock_provider.knobs import Knobs

pytestmark = pytest.mark.network
BenchOf = Callable[[Knobs], Awaitable[Any]]
CALM = Knobs.flawless()
LETTER = b'{"email":"ada@example.org","message":"Hey"}'
LAST = "Connection: close"


def call(key: str, *headers: str, body: bytes = LETTER) -> bytes:
    lines = ("POST /send-email HTTP/1.1", "Host: mock", f"Idempotency-Key: {key}", *headers)
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


async def talk(bench: Any, *pieces: bytes) -> bytes:
    """Send pieces one after another; return all that comes back until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.running.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await bench.stats()  # by its answer the piece has been read
        return await reader.read()
    finally:
        writer.close()


async def test_a_request_may_come_in_any_pieces(bench_of: BenchOf) -> None:
    bench = await bench_of(CALM)
    whole = call("k1", LAST)

    answer = await talk(bench, *(whole[at : at + 7] for at in range(0, len(whole), 7)))

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (await bench.stats("?keys=1"))["perKey"] == {"k1": {"received": 1, "accepted": 1, "replayed": 0}}


async def test_a_body_may_come_in_chunks(bench_of: BenchOf) -> None:
    bench = await bench_of(CALM)
    head = f"POST /send-email HTTP/1.1\r\nHost: mock\r\n{LAST}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()

    await talk(bench, head + b"5\r\n" + LETTER[:5] + b"\r\n%x\r\n" % (len(LETTER) - 5) + LETTER[5:] + b"\r\n0\r\n\r\n")

    assert [letter.email for letter in bench.delivered] == ["ada@example.org"]


async def test_requests_that_wait_on_one_connection_are_answered_in_their_order(bench_of: BenchOf) -> None:
    span = timedelta(seconds=1)
    bench = await bench_of(msgspec.structs.replace(CALM, latency_min=span, latency_max=span))
    talking = asyncio.ensure_future(talk(bench, call("k1") + call("k2", body=b"{") + call("k3", LAST)))
    while not talking.done():
        await bench.stats()
        bench.clock.advance(span)

    assert re.findall(rb"HTTP/1.1 (\d+)", await talking) == [b"200", b"400", b"200"]
    assert len(bench.delivered) == 2


async def test_a_caller_that_goes_away_before_the_answer_is_not_accepted(bench_of: BenchOf) -> None:
    span = timedelta(seconds=1)
    bench = await bench_of(msgspec.structs.replace(CALM, latency_min=span, latency_max=span))
    _, writer = await asyncio.open_connection("127.0.0.1", bench.running.port)
    writer.write(call("k1"))
    while not (await bench.stats())["received"]:
        pass

    writer.close()
    await writer.wait_closed()
    await bench.stats()
    bench.clock.advance(span)

    assert ((await bench.stats())["accepted"], bench.delivered) == (0, [])


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"POST\r\n\r\n"])
async def test_what_is_no_request_is_told_so_and_the_connection_ends(bench_of: BenchOf, noise: bytes) -> None:
    bench = await bench_of(CALM)

    assert (await talk(bench, noise)).startswith(b"HTTP/1.1 400 ")


async def test_a_body_that_is_too_long_is_refused(bench_of: BenchOf) -> None:
    bench = await bench_of(CALM)

    assert (await talk(bench, call("k1", body=b"x" * (BODY_LIMIT + 1)))).startswith(b"HTTP/1.1 413 ")
    assert (await bench.stats())["received"] == 0


async def test_a_caller_that_asks_before_it_sends_the_body_is_told_to(bench_of: BenchOf) -> None:
    bench = await bench_of(CALM)

    answer = await talk(bench, call("k1", LAST, "Expect: 100-continue"))

    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


async def test_who_offers_another_protocol_is_answered_in_this_one(bench_of: BenchOf) -> None:
    bench = await bench_of(CALM)

    answer = await talk(bench, b"GET /health HTTP/1.1\r\nHost: mock\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1


async def test_keys_in_any_bytes_are_told_apart(bench_of: BenchOf) -> None:
    bench = await bench_of(CALM)
    head, _, rest = call("KEY", LAST).partition(b"KEY")

    for key in (b"\xe9", b"\xc3\xa9", b"\xe8"):
        await talk(bench, head + key + rest)

    assert len((await bench.stats("?keys=1"))["perKey"]) == 3
