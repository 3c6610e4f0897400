"""A session: what a flow gets, and calls the service with. One for each virtual user, kept over its iterations."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from time import perf_counter_ns
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from plimsoll.load.client.agent import Agent
from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.request import NO_HEADERS, Request
from plimsoll.load.grouping import name_of
from plimsoll.load.metrics import tags_of
from plimsoll.load.scopes import Scope
from plimsoll.load.timer import until
from plimsoll.load.world import World
from plimsoll.measure import names
from plimsoll.measure.tallies import Trend

_FINE: Final = range(200, 400)
"""Statuses that are no failure, as in k6."""
_JSON: Final = {"Content-Type": "application/json"}
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_SECOND: Final = 1_000_000_000

Answer = Exchange
"""What a call returns: status, headers, body, text, json(), error, and when what happened."""


class Session:
    """What a flow gets.

    Attributes:
        vu: The number of this virtual user in the whole run, from 1 on.
        iteration: How many iterations it began before this one.
        scenario: The name of the scenario.
        env: What `--env` and the scenario set.
        state: This user's own, kept over its iterations.
        scope: Where what it does is recorded.
        asked: How many requests it made in this iteration.
    """

    __slots__ = ("_agent", "_due", "_random", "_world", "asked", "env", "iteration", "scenario", "scope", "state", "vu")

    def __init__(self, world: World, agent: Agent, scope: Scope, vu: int = 0, scenario: str = "") -> None:
        self._world, self._agent, self.scope = world, agent, scope
        self.vu, self.scenario = vu, scenario
        self.env: Mapping[str, str] = world.env
        self.state: dict[str, Any] = {}
        self.iteration = -1
        self._due = self.asked = 0
        self._random: random.Random | None = None

    def begin(self, scope: Scope, due: int) -> None:
        """Begin an iteration; for whoever runs flows.

        Args:
            scope: Where to record.
            due: When its first request was due; 0 for when it is made.
        """
        self.scope, self._due = scope, due
        if self._agent.cookies.all and not self._world.keeps_cookies:
            self._agent.cookies.clear()
        self.iteration += 1
        self.asked = 0

    @property
    def data(self) -> Any:
        """What setup() returned; everybody's, so not to be changed."""
        return self._world.data

    @property
    def random(self) -> random.Random:
        """Chance of this user's own: the same in each run with the same `--seed`."""
        if self._random is None:
            self._random = random.Random(f"{self._world.seed}/{self.scenario}/{self.vu}")  # noqa: S311 - load, not keys
        return self._random

    async def request(
        self,
        method: str,
        url: str,
        *,
        name: str | None = None,
        json: object = None,
        data: bytes | str | Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        tags: dict[str, str] | None = None,
        expected: int | Collection[int] | None = None,
        timeout: float | timedelta | None = None,  # noqa: ASYNC109 - the client's own, for a timer each would be slow
        redirects: int | None = None,
    ) -> Answer:
        """Call the service. Nothing is raised for what it does: see `answer.error` and `answer.status`.

        Args:
            method: In capitals.
            url: With scheme and host, or a path below the run's base address.
            name: What reports call the endpoint; without one, the path with ids replaced by `{id}`.
            json: A body to send as JSON.
            data: A body to send as it is; a mapping is sent as a form.
            params: For the query.
            headers: Besides those of the run.
            tags: More tags for what is recorded of it.
            expected: Statuses that are no failure; without any, 200 to 399.
            timeout: Seconds for all of it; without one, the run's.
            redirects: How many are followed; without a number, the run's.
        """
        key = (method, url)
        if json is None and data is None and params is None and headers is None and timeout is None is redirects:
            plain = self._world.plain.get(key) or self._plain(key)
            request, known_as = plain
        else:
            request, known_as = self._made(
                method, url, json=json, data=data, params=params, headers=headers, timeout=timeout, redirects=redirects
            )
        exchange = await self._agent.fetch(request)
        due, self._due = self._due or exchange.started, 0
        self.asked += 1
        if exchange.hops:
            due = self._hops(exchange, name or known_as, due)
        failed = exchange.error is not None or exchange.status not in _FINE
        if expected is not None and exchange.error is None:
            failed = exchange.status not in ((expected,) if isinstance(expected, int) else expected)
        if failed:
            self._world.example(exchange)
        self.scope.request(exchange, name or known_as, due, failed=failed, tags=tags_of(tags) if tags else ())
        return exchange

    def get(self, url: str, **more: Any) -> Coroutine[Any, Any, Answer]:
        """GET; see `request` for what can be given."""
        return self.request("GET", url, **more)

    def post(self, url: str, **more: Any) -> Coroutine[Any, Any, Answer]:
        """POST; see `request` for what can be given."""
        return self.request("POST", url, **more)

    def put(self, url: str, **more: Any) -> Coroutine[Any, Any, Answer]:
        """PUT; see `request` for what can be given."""
        return self.request("PUT", url, **more)

    def patch(self, url: str, **more: Any) -> Coroutine[Any, Any, Answer]:
        """PATCH; see `request` for what can be given."""
        return self.request("PATCH", url, **more)

    def delete(self, url: str, **more: Any) -> Coroutine[Any, Any, Answer]:
        """DELETE; see `request` for what can be given."""
        return self.request("DELETE", url, **more)

    def check(self, subject: object, conditions: object) -> bool:
        """Count whether something holds; a check that does not hold ends nothing.

        `check(answer, {"was made": lambda answer: answer.status == 201})` or `check("was made", answer.status == 201)`.

        Returns:
            Whether all held.
        """
        if not isinstance(conditions, dict):
            return self._checked(str(subject), bool(conditions))
        held = True
        scope = self.scope
        for name, condition in conditions.items():
            rate = scope.check(name)
            rate.count += 1
            if self._holds(name, condition, subject):
                rate.hits += 1
            else:
                held = False
        return held

    @contextmanager
    def group(self, name: str) -> Iterator[None]:
        """Record what is done within as belonging together, and how long it took."""
        outside = self.scope
        inside = self.scope = outside.within(name)
        started = perf_counter_ns()
        try:
            yield
        finally:
            tally = inside.metric(names.GROUP_DURATION)
            if isinstance(tally, Trend):
                tally.histogram.record(perf_counter_ns() - started)
            self.scope = outside

    @contextmanager
    def tagged(self, **tags: str) -> Iterator[None]:
        """Record what is done within with more tags."""
        outside = self.scope
        self.scope = outside.tagged({key: str(value) for key, value in tags.items()})
        try:
            yield
        finally:
            self.scope = outside

    async def think(self, seconds: float, up_to: float | None = None) -> None:
        """Wait as a person would: so many seconds, or by chance between so many and so many."""
        wait = seconds if up_to is None else self.random.uniform(seconds, up_to)
        await until(perf_counter_ns() + round(wait * _SECOND))

    def _checked(self, name: str, held: bool) -> bool:  # noqa: FBT001 - a condition
        rate = self.scope.check(name)
        rate.count += 1
        rate.hits += held
        return held

    def _holds(self, name: str, condition: Callable[[Any], object] | object, subject: object) -> bool:
        try:
            return bool(condition(subject) if callable(condition) else condition)
        except Exception as error:  # noqa: BLE001 - whatever a flow's own condition raises, it does not hold
            self._world.said(f"check {name}", f"{type(error).__name__}: {error}")
            return False

    def _hops(self, exchange: Exchange, name: str, due: int) -> int:
        for hop in exchange.hops:
            self.scope.request(hop, name, due, failed=hop.error is not None)
            due = hop.finished
        return due

    def _plain(self, key: tuple[str, str]) -> tuple[Request, str]:
        method, url = key
        return self._world.keep(
            key, (Request(method, self._world.base + url if url[:1] in "/?" else url), name_of(url))
        )

    def _made(
        self,
        method: str,
        url: str,
        *,
        json: object,
        data: bytes | str | Mapping[str, object] | None,
        params: Mapping[str, object] | None,
        headers: Mapping[str, str] | None,
        timeout: float | timedelta | None,
        redirects: int | None,
    ) -> tuple[Request, str]:
        known_as = self._world.plain.get((method, url)) or self._plain((method, url))
        where = known_as[0].url
        if params:
            where += ("&" if "?" in where else "?") + urlencode(params, doseq=True)
        body, more = _body(json, data)
        head = {**more, **headers} if headers else more
        length = timedelta(seconds=timeout) if isinstance(timeout, int | float) else timeout
        return Request(method, where, head, body, length, redirects), known_as[1]


def _body(json: object, data: bytes | str | Mapping[str, object] | None) -> tuple[bytes, Mapping[str, str]]:
    if json is not None:
        return msgspec.json.encode(json), _JSON
    match data:
        case None:
            return b"", NO_HEADERS
        case bytes():
            return data, NO_HEADERS
        case str():
            return data.encode(), NO_HEADERS
        case _:
            return urlencode(data, doseq=True).encode(), _FORM
