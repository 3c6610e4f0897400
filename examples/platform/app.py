"""The people of a platform and how they are sorted: profiles, a taxonomy, and whether the service is well."""  # noqa: INP001 - a script that a server is pointed at

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from plimsoll.instrument import Registry, instrument
from plimsoll.instrument.caches import CacheMetrics
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.databases.sqlite import timed_connection

PEOPLE: Final = 1000
PAGE: Final = 20
KEPT: Final = 500
"""Answers that the cache holds."""
SCHEMA: Final = """
CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE profiles (id INTEGER PRIMARY KEY, name TEXT NOT NULL, topic INTEGER NOT NULL REFERENCES topics);
"""


class Cache:
    """What was answered before, by the question; the oldest makes room."""

    def __init__(self, metrics: CacheMetrics) -> None:
        self._metrics = metrics
        self._kept: dict[object, Any] = {}

    def get(self, name: str, key: object, load: Callable[[], Any]) -> Any:
        """Return what is kept of this kind, or load and keep it."""
        kept = (name, key)
        if hit := kept in self._kept:
            found = self._kept[kept]
        else:
            found = self._kept[kept] = load()
            if len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        self._metrics.heard(name, hit=hit)
        return found


class Platform:
    """The five routes, and the database behind them."""

    def __init__(self, registry: Registry) -> None:
        metrics = DatabaseMetrics(registry)
        self._cache = Cache(CacheMetrics(registry))
        self._database = sqlite3.connect(":memory:", factory=timed_connection(metrics), check_same_thread=False)
        self._database.executescript(SCHEMA)
        self._lent = 0
        metrics.watch_pool("main", lambda: self._lent, lambda: 1)
        self._database.executemany("INSERT INTO topics VALUES (?, ?)", [(each, f"topic {each}") for each in range(50)])
        people = [(each, f"Person {each}", each % 50) for each in range(PEOPLE)]
        self._database.executemany("INSERT INTO profiles VALUES (?, ?, ?)", people)

    async def health(self, _: Request) -> Response:
        """Say that it lives."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _: Request) -> Response:
        """Say whether the database answers."""
        self._read("SELECT 1")
        return JSONResponse({"status": "ready"})

    async def profiles(self, request: Request) -> Response:
        """Return a page of profiles, after the id that the page before ended with."""
        after = request.query_params.get("after", "-1")
        if not after.removeprefix("-").isdecimal():
            return JSONResponse({"problem": "after is the number of a profile"}, HTTPStatus.UNPROCESSABLE_ENTITY)
        sql = "SELECT id, name FROM profiles WHERE id > ? ORDER BY id LIMIT ?"
        return JSONResponse(self._cache.get("profile lists", after, partial(self._read, sql, int(after), PAGE)))

    async def profile(self, request: Request) -> Response:
        """Return one profile."""
        number = request.path_params["id"]
        sql = "SELECT id, name, topic FROM profiles WHERE id = ?"
        found = self._cache.get("profiles", number, partial(self._read, sql, number))
        if not found:
            return JSONResponse({"problem": "there is nobody of this number"}, HTTPStatus.NOT_FOUND)
        return JSONResponse(found[0])

    async def taxonomy(self, _: Request) -> Response:
        """Return all topics."""
        return JSONResponse(self._cache.get("taxonomy", None, partial(self._read, "SELECT id, name FROM topics")))

    def _read(self, sql: str, *values: object) -> list[Any]:
        self._lent += 1
        try:
            return self._database.execute(sql, values).fetchall()
        finally:
            self._lent -= 1


registry = Registry()
_platform = Platform(registry)
app = instrument(
    Starlette(
        routes=[
            Route("/health", _platform.health),
            Route("/ready", _platform.ready),
            Route("/profiles", _platform.profiles),
            Route("/profiles/{id:int}", _platform.profile),
            Route("/taxonomy", _platform.taxonomy),
        ]
    ),
    service="platform",
    version="1.0",
    registry=registry,
)
