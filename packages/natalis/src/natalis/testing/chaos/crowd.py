"""The crowd: people whose birthday is today, who come through the API one by one and in herds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import aiohttp

from natalis.ports.clock import Clock
from natalis.testing.chaos.witness import Witness

_CREATED = 201
_OK = 200
_AGAIN = timedelta(milliseconds=200)
_ONE = aiohttp.ClientTimeout(total=10)  # a slow machine is no refusal
_HERD = aiohttp.ClientTimeout(total=30)
_NDJSON = {"Content-Type": "application/x-ndjson", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: somebody is added, read back, or their deliveries are listed.

    Attributes:
        began: When.
        ended: When it was answered, or given up.
        served: Whether it was done.
    """

    began: timedelta
    ended: timedelta
    served: bool


class Crowd:
    """Adds people through whichever API answers, as a balancer would, and repeats a call until it is answered.

    Args:
        addresses: The APIs.
        witness: Told of everybody who was taken in.
        clock: Tells the date on which all of them have their birthday, and waits.
    """

    def __init__(self, addresses: Sequence[str], witness: Witness, clock: Clock) -> None:
        self._addresses = addresses
        self._witness = witness
        self._clock = clock
        self._born, self._zone = noon_birthday(clock.now())
        self._number = 0
        self._coming: set[asyncio.Task[None]] = set()
        self.asked: list[Asked] = []
        """Every request about one person, each try by itself."""

    @property
    def size(self) -> int:
        """How many people have set out."""
        return self._number

    async def trickle(self, per_second: float) -> None:
        """Let people come one by one, evenly, until cancelled: whoever waits for an answer holds up nobody."""
        began, sent = self._clock.monotonic(), 0
        while True:
            due = int((self._clock.monotonic() - began).total_seconds() * per_second)
            for _ in range(due - sent):
                self._set_out(self.one())
            sent = max(sent, due)
            await self._clock.sleep(timedelta(seconds=1 / per_second))

    def herd(self, size: int) -> None:
        """Let a herd set out."""
        if size:
            self._set_out(self._herd(size))

    async def all_in(self) -> None:
        """Wait until everybody who has set out was taken in."""
        while self._coming:
            await asyncio.wait(self._coming)

    async def one(self) -> None:
        """Add one person and read them back, trying again until the API has done each."""
        person = self._person()
        body, key = json.dumps(person), {"Idempotency-Key": person["email"], "Content-Type": "application/json"}
        created = await self._until(_CREATED, "POST", "/user", data=body, headers=key)
        self._witness.took_in(person["email"])
        await self._until(_OK, "GET", f"/user/{created['id']}")
        await self._until(
            _OK, "GET", f"/deliveries?userId={created['id']}&limit=1"
        )  # the replica's, where there is one

    async def _until(self, wanted: int, method: str, path: str, **request: Any) -> dict[str, Any]:
        turn = self._number
        while True:
            began = self._clock.monotonic()
            status, answer = await self._ask(method, f"{self._addresses[turn % len(self._addresses)]}{path}", request)
            self.asked.append(Asked(began, self._clock.monotonic(), status == wanted))
            if status == wanted:
                return answer
            turn += 1
            await self._clock.sleep(_AGAIN)

    async def _ask(self, method: str, url: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return the status and the answer; 0 where there was none."""
        try:
            async with self._session.request(method, url, timeout=_ONE, **request) as answer:
                return answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return 0, {}

    async def _herd(self, size: int) -> None:
        people = [self._person() for _ in range(size)]
        body = "".join(f"{json.dumps(person)}\n" for person in people)
        turn = self._number
        while await self._bulk(f"{self._addresses[turn % len(self._addresses)]}/user/bulk", body) != size:
            turn += 1
            await self._clock.sleep(_AGAIN)
        for person in people:
            self._witness.took_in(person["email"])

    async def _bulk(self, url: str, body: str) -> int:
        """Return how many rows are in the store now, by the API's word."""
        try:
            async with self._session.post(url, data=body, headers=_NDJSON, timeout=_HERD) as answer:
                summary = await answer.json(content_type=None) if answer.status == _OK else {}
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return 0
        return int(summary.get("added", 0)) + int(summary.get("unchanged", 0))

    def _person(self) -> dict[str, str]:
        self._number += 1
        return {
            "firstName": "Ada",
            "lastName": f"Number {self._number}",
            "email": f"p{self._number}@example.org",
            "birthdayDate": self._born,
            "timezone": self._zone,
        }

    def _set_out(self, coming: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coming)
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)
        await self._session.close()


def noon_birthday(now: datetime) -> tuple[str, str]:
    """Return a birthday that is today, in a zone where it is about noon: it is due, and the day is far from over."""
    east = 12 - now.hour
    return f"1980-{now:%m-%d}", f"Etc/GMT{'-' if east >= 0 else '+'}{abs(east)}" if east else "Etc/GMT"
