"""Reconciles a ledger with a bank's statement: which entries agree, which differ, and which stand on one side alone."""  # noqa: INP001 - a script that a server is pointed at

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from plimsoll.instrument import Registry, instrument
from plimsoll.instrument.business import accuracy, active_users, completion, satisfaction
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.databases.sqlite import timed_connection

RECENT: Final = 300.0
"""Seconds for which whoever reconciled counts as a user that is there."""
SCHEMA: Final = """
CREATE TABLE reconciliations (id TEXT PRIMARY KEY, result TEXT NOT NULL);
CREATE TABLE ratings (reconciliation TEXT NOT NULL, stars INTEGER NOT NULL);
"""


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Two lists of amounts by reference, in cents."""

    ledger: dict[str, int]
    statement: dict[str, int]


class Rating(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody thought of a reconciliation."""

    stars: int


def reconciled(ledger: Mapping[str, int], statement: Mapping[str, int]) -> dict[str, Any]:
    """Return how many entries agree, and the references of those that do not, sorted."""
    both = ledger.keys() & statement.keys()
    differing = sorted(each for each in both if ledger[each] != statement[each])
    return {
        "agreeing": len(both) - len(differing),
        "differing": differing,
        "missing": sorted(ledger.keys() - both),
        "unexpected": sorted(statement.keys() - both),
    }


class Reconciliations:
    """The four routes, the database behind them, and what the business goes by."""

    def __init__(self, registry: Registry) -> None:
        database = DatabaseMetrics(registry)
        self._database = sqlite3.connect(":memory:", factory=timed_connection(database), check_same_thread=False)
        self._database.executescript(SCHEMA)
        self._lent = self._begun = self._ended = self._entries = self._agreeing = self._stars = self._ratings = 0
        database.watch_pool("main", lambda: self._lent, lambda: 1)
        self._users: dict[str, float] = {}  # when each came last, the longest ago first
        self._active, self._rated, self._completed = (
            active_users(registry),
            satisfaction(registry),
            completion(registry),
        )
        accuracy(registry, lambda: self._agreeing / self._entries if self._entries else 1.0)

    async def health(self, _: Request) -> Response:
        """Say that it lives."""
        return JSONResponse({"status": "ok"})

    async def reconcile(self, request: Request) -> Response:
        """Reconcile two lists, and keep what came of it."""
        try:
            asked = msgspec.json.decode(await request.body(), type=Asked)
        except msgspec.DecodeError as error:
            return JSONResponse({"problem": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY)
        self._seen(request.headers.get("x-user", ""))
        self._begun += 1
        result = reconciled(asked.ledger, asked.statement)
        name = str(uuid.uuid4())
        self._run("INSERT INTO reconciliations VALUES (?, ?)", name, msgspec.json.encode(result).decode())
        self._ended += 1
        self._entries += len(asked.ledger.keys() | asked.statement.keys())
        self._agreeing += result["agreeing"]
        self._completed(self._ended / self._begun)
        return JSONResponse({"id": name, **result}, HTTPStatus.CREATED)

    async def read(self, request: Request) -> Response:
        """Return what came of one."""
        found = self._run("SELECT result FROM reconciliations WHERE id = ?", request.path_params["id"])
        if not found:
            return JSONResponse({"problem": "there is none of this id"}, HTTPStatus.NOT_FOUND)
        return Response(found[0][0], media_type="application/json")

    async def rate(self, request: Request) -> Response:
        """Take a rating in."""
        try:
            rating = msgspec.json.decode(await request.body(), type=Rating)
        except msgspec.DecodeError as error:
            return JSONResponse({"problem": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY)
        self._run("INSERT INTO ratings VALUES (?, ?)", request.path_params["id"], rating.stars)
        self._stars, self._ratings = self._stars + rating.stars, self._ratings + 1  # a sum: an average reads them all
        self._rated(self._stars / self._ratings)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _seen(self, user: str) -> None:
        now = time.monotonic()
        self._users.pop(user, None)
        self._users[user] = now
        while now - self._users[longest := next(iter(self._users))] > RECENT:
            del self._users[longest]
        self._active(len(self._users))

    def _run(self, sql: str, *values: object) -> list[Any]:
        self._lent += 1
        try:
            return self._database.execute(sql, values).fetchall()
        finally:
            self._lent -= 1


registry = Registry()
_routes = Reconciliations(registry)
app = instrument(
    Starlette(
        routes=[
            Route("/health", _routes.health),
            Route("/reconciliations", _routes.reconcile, methods=["POST"]),
            Route("/reconciliations/{id}", _routes.read),
            Route("/reconciliations/{id}/rating", _routes.rate, methods=["POST"]),
        ]
    ),
    service="reconciliation",
    version="1.0",
    registry=registry,
)
