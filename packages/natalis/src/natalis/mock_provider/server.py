"""The server: `POST /send-email` with faults, and the endpoints that tell what happened and turn the knobs."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import assert_never

import msgspec
from aiohttp import web

from natalis.errors import InvalidInput
from natalis.mock_provider.fate import Answer, Dice, Drop, Fail, Fate, Hang, decide, latency, throw
from natalis.mock_provider.knobs import Knobs
from natalis.mock_provider.register import Register
from natalis.ports.clock import Clock

_JSON = "application/json"
_TOTALS = ("received", "accepted", "replayed", "keys", "doubled", "keyless", "malformed")
_FAULTS = ("fail", "hang", "drop")
_KEYS_AT_ONCE = 5_000
_GRACE = 0.05  # seconds that calls under way have at the end; aiohttp reads 0 as for ever


class Letter(msgspec.Struct, frozen=True):
    """What `POST /send-email` carries; further fields are let be."""

    email: str
    message: str
    subject: str = ""


class MockProvider:
    """The mock provider as a request handler; `serve` puts it behind a port.

    Args:
        knobs: How it fails; may be turned while it runs.
        clock: Measures outages, and waits for latency and hangs.
        delivered: Told each letter that is delivered, for tests.
    """

    def __init__(self, knobs: Knobs, clock: Clock, delivered: Callable[[Letter], None] | None = None) -> None:
        self.knobs = knobs
        self.register = Register()
        self._clock = clock
        self._delivered = delivered
        self._started = clock.monotonic()
        self._seed = secrets.randbits(32)
        self._routes: Mapping[tuple[str, str], Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]] = {
            ("POST", "/send-email"): self._send,
            ("GET", "/health"): self._health,
            ("GET", "/stats"): self._stats,
            ("GET", "/knobs"): self._show,
            ("POST", "/knobs"): self._turn,
            ("POST", "/reset"): self._reset,
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request."""
        route = self._routes.get((request.method, request.path))
        if route is None:
            return _answer({"error": f"there is no {request.method} {request.path}"}, status=404)
        return await route(request)

    async def _send(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            letter = msgspec.json.decode(await request.read(), type=Letter)
        except msgspec.MsgspecError as error:
            self.register.totals["malformed"] += 1
            return _answer({"success": False, "error": str(error)}, status=400)
        key = request.headers.get("Idempotency-Key", "")
        dice = self._throw(key, self.register.receive(key))
        wait = latency(self.knobs, dice)
        if wait:
            await self._clock.sleep(wait)
        return await self._meet(self._decide(dice), request, key, letter)

    async def _meet(self, fate: Fate, request: web.BaseRequest, key: str, letter: Letter) -> web.StreamResponse:
        match fate:
            case Answer():
                return _answer({"success": True, "messageId": self._accept(key, letter)})
            case Fail(status, accepted, retry_after):
                self._note("fail", key, letter, accepted=accepted)
                return _answer({"success": False, "error": "told to fail"}, status=status, retry_after=retry_after)
            case Hang(accepted):
                self._note("hang", key, letter, accepted=accepted)
                await self._clock.sleep(self.knobs.hang)
                return _cut(request)
            case Drop(accepted):
                self._note("drop", key, letter, accepted=accepted)
                return _cut(request)
            case other:
                assert_never(other)

    def _throw(self, key: str, attempt: int) -> Dice:
        return throw(self._seed if self.knobs.seed is None else self.knobs.seed, key, attempt)

    def _decide(self, dice: Dice) -> Fate:
        return decide(self.knobs, dice, elapsed=self._clock.monotonic() - self._started)

    def _note(self, fault: str, key: str, letter: Letter, *, accepted: bool) -> None:
        self.register.totals[f"{fault}_after" if accepted else f"{fault}_before"] += 1
        if accepted:
            self._accept(key, letter)

    def _accept(self, key: str, letter: Letter) -> str:
        """Deliver, unless it is a repeat; a repeat gets the id of the first."""
        turn = self.register.accept(key, recognises_repeats=self.knobs.recognises_repeats)
        if turn and self._delivered is not None:
            self._delivered(letter)
        first = blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return f"mock-{first}-{turn}" if turn > 1 else f"mock-{first}"

    async def _health(self, _: web.BaseRequest) -> web.Response:
        return _answer({"status": "ok"})

    async def _show(self, _: web.BaseRequest) -> web.Response:
        return _answer(self.knobs)

    async def _turn(self, request: web.BaseRequest) -> web.Response:
        try:
            self.knobs = self.knobs.turned(await request.read())
        except InvalidInput as error:
            return _answer({"error": str(error)}, status=422)
        return _answer(self.knobs)

    async def _reset(self, _: web.BaseRequest) -> web.Response:
        self.register = Register()
        return _answer({"status": "reset"})

    async def _stats(self, request: web.BaseRequest) -> web.StreamResponse:
        totals = self.register.totals
        faults = {fault: {when: totals[f"{fault}_{when}"] for when in ("before", "after")} for fault in _FAULTS}
        summary = {name: totals[name] for name in _TOTALS} | {"faults": faults}
        if request.query.get("keys") not in {"1", "true"}:
            return _answer(summary)
        response = web.StreamResponse(headers={"Content-Type": _JSON})
        await response.prepare(request)
        await response.write(msgspec.json.encode(summary)[:-1] + b',"perKey":{')
        async for part in _keys(self.register):
            await response.write(part)
        await response.write(b"}}")
        return response


class Running:
    """A mock provider that listens.

    Attributes:
        provider: The handler behind the port.
        port: Where it listens.
    """

    def __init__(self, provider: MockProvider, runner: web.ServerRunner, host: str) -> None:
        self.provider = provider
        self.port: int = runner.addresses[0][1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._runner = runner

    async def close(self) -> None:
        """Stop listening and let every call under way fall."""
        await self._runner.cleanup()


async def serve(
    knobs: Knobs,
    clock: Clock,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    delivered: Callable[[Letter], None] | None = None,
) -> Running:
    """Start a mock provider in this event loop.

    Args:
        knobs: How it fails.
        clock: Measures outages, and waits for latency and hangs.
        host: Address to listen on.
        port: Port to listen on; 0 for any that is free.
        delivered: Told each letter that is delivered, for tests.

    Raises:
        OSError: The port cannot be had.
    """
    provider = MockProvider(knobs, clock, delivered)
    # Below the application layer of aiohttp: no router, no middlewares, no access log. Callers that give up cancel
    # their handler, so a hang holds nothing once its caller has timed out.
    server = web.Server(provider.handle, access_log=None, handler_cancellation=True)
    runner = web.ServerRunner(server, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=4096, reuse_address=True).start()
    except BaseException:
        await runner.cleanup()
        raise
    return Running(provider, runner, host)


async def _keys(register: Register) -> AsyncIterator[bytes]:
    """Yield the counts per key as pieces of one JSON object, a few thousand keys at a time."""
    part: list[bytes] = []
    comma = b""
    for key, counts in register.tally():
        part.append(comma + msgspec.json.encode(key) + b":" + msgspec.json.encode(counts._asdict()))
        comma = b","
        if len(part) == _KEYS_AT_ONCE:
            yield b"".join(part)
            part.clear()
    yield b"".join(part)


def _answer(body: object, *, status: int = 200, retry_after: timedelta | None = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after.total_seconds():.0f}"}
    return web.Response(body=msgspec.json.encode(body), status=status, content_type=_JSON, headers=headers)


def _cut(request: web.BaseRequest) -> web.Response:
    """Cut the connection without an answer; what is returned goes nowhere."""
    transport = request.transport
    if isinstance(transport, asyncio.Transport):
        transport.abort()
    return web.Response()
