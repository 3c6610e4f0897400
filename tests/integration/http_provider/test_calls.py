"""Rules: one message is one call, and what breaks on the way is told apart by whether the call had been written."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Delivered, Refused, Unknown
from natalis.providers.http import HttpProvider
from natalis.providers.http1.reading import BODY_LIMIT
from natalis.providers.http_options import HttpOptions
from natalis.testing.builders import NOON

pytestmark = pytest.mark.network
ProviderOf = Callable[..., Awaitable[HttpProvider]]
OK = b'{"success": true, "messageId": "m-1"}'
QUICK = timedelta(milliseconds=200)


@dataclass
class Script:
    answer: bytes
    ending: str = "close"
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0


def http(status: int = 200, body: bytes = OK, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_a_call_carries_the_key_and_the_message(provider_of: ProviderOf, message: Message) -> None:
    script = Script(http(), "keep")
    provider = await provider_of(script, headers={"Authorization": "Bearer x"})
    assert await provider.send(message) == Delivered("m-1")
    head, _, body = script.heard[0].partition(b"\r\n\r\n")
    lines = head.decode().splitlines()
    assert lines[0] == "POST /send-email HTTP/1.1"
    assert f"Idempotency-Key: {message.key}" in lines
    assert "Authorization: Bearer x" in lines
    assert "Content-Type: application/json" in lines
    assert json.loads(body) == {"email": message.email, "message": message.text}


async def test_connections_are_kept_and_limited(provider_of: ProviderOf, message: Message) -> None:
    script = Script(http(), "keep")
    provider = await provider_of(script, connections=3)
    outcomes = await asyncio.gather(*(provider.send(message) for _ in range(50)))
    assert outcomes == [Delivered("m-1")] * 50
    assert script.connections == 3


async def test_a_refused_connection_is_an_outage(message: Message) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        provider = HttpProvider(HttpOptions(f"http://127.0.0.1:{unused.getsockname()[1]}"), VirtualClock(NOON))
        outcome = await provider.send(message)
    await provider.close()
    assert isinstance(outcome, Deferred)
    assert outcome.outage


async def test_a_connection_that_cannot_be_made_in_time_is_an_outage(message: Message) -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # one connection fills the queue; the next ones get no answer from the kernel
        for caller in (first, second):
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        options = HttpOptions(f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout=QUICK)
        provider = HttpProvider(options, VirtualClock(NOON))
        outcome = await provider.send(message)
        await provider.close()
    assert isinstance(outcome, Deferred)
    assert outcome.outage


async def test_a_name_that_does_not_resolve_is_an_outage(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fail)
    provider = HttpProvider(HttpOptions("https://mail.invalid"), VirtualClock(NOON))
    outcome = await provider.send(message)
    await provider.close()
    assert isinstance(outcome, Deferred)
    assert outcome.outage


@pytest.mark.parametrize(
    "script",
    [
        Script(b"", "hang"),
        Script(b"", "close"),
        Script(b"", "reset"),
        Script(b"HTTP/1.1 200 OK\r\nContent-Le", "close"),
        Script(b"no HTTP at all\r\n\r\n", "close"),
        Script(http()[:-5], "close"),
        Script(http()[:-5], "hang"),
        Script(http(body=b" " * (BODY_LIMIT + 1) + OK), "keep"),
        Script(http(200, b"\x1f\x8b", "Content-Encoding: gzip"), "keep"),
        Script(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "close"),
    ],
    ids=["hang", "close", "reset", "half a head", "not HTTP", "cut body", "hung body", "long", "gzip", "bad chunk"],
)
async def test_a_call_whose_answer_never_came_whole_is_unknown(
    provider_of: ProviderOf, message: Message, script: Script
) -> None:
    provider = await provider_of(replace(script, heard=[]), timeout=QUICK)
    assert isinstance(await provider.send(message), Unknown)


async def test_a_refusal_whose_body_breaks_off_is_still_a_refusal(provider_of: ProviderOf, message: Message) -> None:
    provider = await provider_of(Script(http(422, b"no such mailbox")[:-5]))
    assert isinstance(await provider.send(message), Refused)


async def test_a_body_of_exactly_the_limit_is_read(provider_of: ProviderOf, message: Message) -> None:
    provider = await provider_of(Script(http(body=OK + b" " * (BODY_LIMIT - len(OK)))))
    assert await provider.send(message) == Delivered("m-1")


async def test_a_redirect_is_not_followed(provider_of: ProviderOf, message: Message) -> None:
    script = Script(http(307, b"", "Location: http://127.0.0.1:9/elsewhere"), "keep")
    provider = await provider_of(script)
    outcome = await provider.send(message)
    assert isinstance(outcome, Deferred)
    assert outcome.outage
    assert len(script.heard) == 1


async def test_retry_after_is_heard(provider_of: ProviderOf, message: Message) -> None:
    provider = await provider_of(Script(http(429, b"", "Retry-After: 30")))
    assert await provider.send(message) == Deferred("HTTP 429", timedelta(seconds=30))


async def test_a_post_is_never_repeated_by_itself(provider_of: ProviderOf, message: Message) -> None:
    script = Script(http(), "close")  # the answer promises to keep the connection, and closes it
    provider = await provider_of(script)
    for _ in range(5):
        await provider.send(message)
    assert len(script.heard) <= 5


async def test_cookies_are_not_kept(provider_of: ProviderOf, message: Message) -> None:
    script = Script(http(200, OK, "Set-Cookie: a=b"), "keep")
    provider = await provider_of(script)
    await provider.send(message)
    await provider.send(message)
    assert b"cookie" not in script.heard[1].lower()


async def test_half_a_character_is_refused_without_a_call(provider_of: ProviderOf, message: Message) -> None:
    script = Script(http())
    provider = await provider_of(script)
    assert isinstance(await provider.send(replace(message, text="\ud83d")), Refused)
    assert script.heard == []


async def test_a_call_that_finds_no_connection_free_in_time_is_deferred(
    provider_of: ProviderOf, message: Message
) -> None:
    provider = await provider_of(Script(b"", "hang"), connections=1, timeout=QUICK)
    outcomes = await asyncio.gather(*(provider.send(message) for _ in range(5)))
    assert isinstance(outcomes[0], Unknown)
    assert isinstance(outcomes[-1], Deferred | Unknown)
    assert any(isinstance(outcome, Deferred) for outcome in outcomes)


async def test_a_cancelled_call_gives_its_connection_back(provider_of: ProviderOf, message: Message) -> None:
    script = Script(b"", "hang")
    provider = await provider_of(script, connections=1)
    call = asyncio.ensure_future(provider.send(message))
    while not script.heard:
        await VirtualClock(NOON).sleep(timedelta(0))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    script.answer, script.ending = http(), "close"
    assert await provider.send(message) == Delivered("m-1")


async def test_after_closing_a_call_is_deferred(provider_of: ProviderOf, message: Message) -> None:
    provider = await provider_of(Script(http()))
    await provider.send(message)
    await provider.close()
    assert isinstance(await provider.send(message), Deferred)
