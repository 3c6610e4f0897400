"""The server: `POST /send-email` with faults, and the endpoints that tell what happened and turn the knobs."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import assert_never
from urllib.parse import parse_qs

import msgspec

from natalis.errors import InvalidInput
from natalis.mock_provider.door import Answered, Door
from natalis.mock_provider.exchange import Cut, Reply, Request
from natalis.mock_provider.fate import Answer, Dice, Drop, Fail, Fate, Hang, decide, latency, throw
from natalis.mock_provider.knobs import Knobs
from natalis.mock_provider.register import Register
from natalis.ports.clock import Clock

_TOTALS = ("received", "accepted", "replayed", "keys", "doubled", "keyless", "malformed")
_FAULTS = ("fail", "hang", "drop")
_KEYS_AT_ONCE = 5_000
_BACKLOG = 4096


class Letter(msgspec.Struct, frozen=True):
    """What `POST /send-email` carries; further fields are let be."""

    email: str
    message: str
    subject: str = ""


_LETTERS = msgspec.json.Decoder(Letter)


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
        self._routes: Mapping[tuple[str, str], Callable[[Request], Answered | Awaitable[Answered]]] = {
            ("POST", "/send-email"): self._send,
            ("GET", "/health"): self._health,
            ("GET", "/stats"): self._stats,
            ("GET", "/knobs"): self._show,
            ("POST", "/knobs"): self._turn,
            ("POST", "/reset"): self._reset,
        }

    def handle(self, request: Request) -> Answered | Awaitable[Answered]:
        """Answer any request: at once, where nothing has to be waited for."""
        route = self._routes.get((request.method, request.path))
        if route is None:
            return _answer({"error": f"there is no {request.method} {request.path}"}, status=404)
        return route(request)

    def _send(self, request: Request) -> Answered | Awaitable[Answered]:
        try:
            letter = _LETTERS.decode(request.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self.register.totals["malformed"] += 1
            return _answer({"success": False, "error": str(error)}, status=400)
        dice = self._throw(request.key, self.register.receive(request.key))
        wait = latency(self.knobs, dice)
        return self._meet_later(wait, dice, request.key, letter) if wait else self._meet(dice, request.key, letter)

    async def _meet_later(self, wait: timedelta, dice: Dice, key: str, letter: Letter) -> Answered:
        await self._clock.sleep(wait)
        met = self._meet(dice, key, letter)
        return met if isinstance(met, Reply | Cut) else await met

    def _meet(self, dice: Dice, key: str, letter: Letter) -> Answered | Awaitable[Answered]:
        fate = self._decide(dice)
        match fate:
            case Answer():
                return _answer({"success": True, "messageId": self._accept(key, letter)})
            case Fail(status, accepted, retry_after):
                self._note("fail", key, letter, accepted=accepted)
                return _answer({"success": False, "error": "told to fail"}, status=status, retry_after=retry_after)
            case Hang(accepted):
                self._note("hang", key, letter, accepted=accepted)
                return self._hang()
            case Drop(accepted):
                self._note("drop", key, letter, accepted=accepted)
                return Cut()
            case other:
                assert_never(other)

    async def _hang(self) -> Answered:
        await self._clock.sleep(self.knobs.hang)
        return Cut()

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

    def _health(self, _: Request) -> Reply:
        return _answer({"status": "ok"})

    def _show(self, _: Request) -> Reply:
        return _answer(self.knobs)

    def _turn(self, request: Request) -> Reply:
        try:
            self.knobs = self.knobs.turned(request.body)
        except InvalidInput as error:
            return _answer({"error": str(error)}, status=422)
        return _answer(self.knobs)

    def _reset(self, _: Request) -> Reply:
        self.register = Register()
        return _answer({"status": "reset"})

    def _stats(self, request: Request) -> Reply:
        totals = self.register.totals
        faults = {fault: {when: totals[f"{fault}_{when}"] for when in ("before", "after")} for fault in _FAULTS}
        summary = {name: totals[name] for name in _TOTALS} | {"faults": faults}
        if parse_qs(request.query).get("keys", [""])[0] not in {"1", "true"}:
            return _answer(summary)
        return Reply(200, msgspec.json.encode(summary)[:-1] + b',"perKey":{', rest=_keys(self.register))


class Running:
    """A mock provider that listens.

    Attributes:
        provider: What answers behind the port.
        port: Where it listens.
    """

    def __init__(self, provider: MockProvider, server: asyncio.Server, doors: set[Door], host: str) -> None:
        self.provider = provider
        self.port: int = server.sockets[0].getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._server = server
        self._doors = doors

    async def close(self) -> None:
        """Stop listening and let every call under way fall."""
        self._server.close()
        await asyncio.gather(*(door.close() for door in tuple(self._doors)))
        await self._server.wait_closed()


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
    doors: set[Door] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Door(provider.handle, doors), host, port, backlog=_BACKLOG, reuse_address=True
    )
    return Running(provider, server, doors, host)


async def _keys(register: Register) -> AsyncIterator[bytes]:
    """Yield the counts per key as the rest of one JSON object, a few thousand keys at a time."""
    part: list[bytes] = []
    comma = b""
    for key, counts in register.tally():
        part.append(comma + msgspec.json.encode(key) + b":" + msgspec.json.encode(counts._asdict()))
        comma = b","
        if len(part) == _KEYS_AT_ONCE:
            yield b"".join(part)
            part.clear()
            await asyncio.sleep(0)  # noqa: TID251 - lets calls be answered meanwhile, waits for nothing
    yield b"".join(part) + b"}}"


def _answer(body: object, *, status: int = 200, retry_after: timedelta | None = None) -> Reply:
    told = None if retry_after is None else f"{retry_after.total_seconds():.0f}"
    return Reply(status, msgspec.json.encode(body), told)
