"""What does the API answer, beside a bare FastAPI application on asyncpg that does less, on the same PostgreSQL?

`natalis api` runs as in production: it listens on every address, so tokens are asked for and rates are counted;
it keeps metrics, checks every field, computes fire times. Each has one process and a database of its own on one server
that flushes at each commit. They are asked in turn, A B C A B C …, by the same wrk; ratios are medians over rounds.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from natalis.testing.servers import keeper
from natalis.testing.servers.postgres import Postgres, PostgresDatabase
from perf.bare.servers import BareApi
from perf.bare.wrk import Load, ask
from perf.figures import Figure
from perf.peers.meters import cpu_seconds
from perf.service import natalis
from perf.targets import Target, at_least, at_most

OURS, PEER, OTHER = "natalis api", "FastAPI on uvicorn", "FastAPI on Granian"
_POSTGRES = {"shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - what is measured listens as in production
_UNBOUND = "1000000"  # requests a second: rates are counted, and nobody is refused


@dataclass(frozen=True, slots=True)
class Api:
    """One that is asked.

    Attributes:
        name: What tables call it.
        url: Where it is.
        pid: Its process.
        database: What it stores in.
        token: What it asks for; None for nothing.
    """

    name: str
    url: str
    pid: int
    database: PostgresDatabase
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run against one API, with the processor time that it took there, in microseconds a request."""

    load: Load
    busy: float


def run(*, quick: bool) -> list[Figure]:
    """Ask all in turn to add people, then to show them."""
    rounds, seconds = (2, 2) if quick else (7, 6)
    with _raised() as apis, tempfile.TemporaryDirectory(prefix="natalis-perf-") as folder:
        posted = [{api.name: _post(api, turn, seconds) for api in _order(apis, turn)} for turn in range(rounds)]
        files = {api.name: _ids(api, Path(folder)) for api in apis}
        got = [{api.name: _get(api, files[api.name], seconds) for api in _order(apis, turn)} for turn in range(rounds)]
    return [
        *_figures("POST /user", posted, at_least(1, stretch=1.5), at_most(0.5)),
        *_figures("GET /user/{id}", got, at_least(2, stretch=4), None),
    ]


def _order(apis: Sequence[Api], turn: int) -> Sequence[Api]:
    """Return who goes first in this round: each in turn, so that nobody always follows the same one."""
    first = turn % len(apis)
    return [*apis[first:], *apis[:first]]


@contextlib.contextmanager
def _raised() -> Iterator[list[Api]]:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Postgres(durable=True, settings=_POSTGRES))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="natalis-perf-")))
        apis = [_ours(stack, server.create_database(), folder)]
        for name, on in ((PEER, "uvicorn"), (OTHER, "granian")):
            database = server.create_database()
            bare = stack.enter_context(BareApi(database.url, on))
            apis.append(Api(name, bare.url, bare.pid, database))
        yield apis


def _ours(stack: contextlib.ExitStack, database: PostgresDatabase, folder: Path) -> Api:
    environment = {"DATABASE_URL": database.url, "NATALIS_API_RATE": _UNBOUND}
    secret = _token(environment, folder)
    options = ("--host", _EVERY_ADDRESS, "--port", "0", "--metrics-port", "0")
    running = stack.enter_context(natalis("api", *options, folder=folder, environment=environment))
    return Api(OURS, running.said["api"].replace(_EVERY_ADDRESS, "127.0.0.1"), running.pid, database, secret)


def _token(environment: dict[str, str], folder: Path) -> str:
    program = str(Path(sys.executable).with_name("natalis"))
    command = [program, "token", "create", "bench", "--scope", "write", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder, env=environment)
    return str(json.loads(done.stdout)["secret"])


def _post(api: Api, turn: int, seconds: int) -> Run:
    return _ask(api, "post.lua", f"round{turn}", seconds=seconds)


def _get(api: Api, file: Path, seconds: int) -> Run:
    _ask(api, "get.lua", str(file), seconds=1)  # a cache that is cold is another question
    return _ask(api, "get.lua", str(file), seconds=seconds)


def _ask(api: Api, script: str, what: str, *, seconds: int) -> Run:
    api.database.server.sql("checkpoint")
    before = _busy(api)
    load = ask(api.url, script, what, *([] if api.token is None else [api.token]), seconds=seconds)
    return Run(load, (_busy(api) - before) / load.requests * 1e6)


def _busy(api: Api) -> float:
    return cpu_seconds([api.pid, *keeper.descendants(api.pid)])


def _ids(api: Api, folder: Path) -> Path:
    file = folder / f"{api.name}.ids"
    ids = api.database.sql("select id from users order by id limit 200")  # who is read over and over
    file.write_text(ids + "\n", encoding="ascii")
    return file


def _figures(what: str, rounds: Sequence[dict[str, Run]], rate: Target, tail: Target | None) -> list[Figure]:
    names = sorted(rounds[0], key=[OURS, PEER, OTHER].index)
    figures = [figure for name in names for figure in _of(f"{what}, {name}", [each[name] for each in rounds])]
    rates = [each[OURS].load.rate / each[PEER].load.rate for each in rounds]
    tails = [each[OURS].load.p95 / each[PEER].load.p95 for each in rounds]
    busy = [each[OURS].busy / each[PEER].busy for each in rounds]
    return [
        *figures,
        Figure(f"{what}: rate against {PEER}", median(rates), "times", rate),
        Figure(f"{what}: p95 against {PEER}", median(tails), "times", tail),
        Figure(f"{what}: processor time against {PEER}", median(busy), "times"),
    ]


def _of(name: str, runs: Sequence[Run]) -> list[Figure]:
    return [
        Figure(f"{name}: rate", median(run.load.rate for run in runs), "/s"),
        Figure(f"{name}: p50", median(run.load.p50 for run in runs), "ms"),
        Figure(f"{name}: p95", median(run.load.p95 for run in runs), "ms"),
        Figure(f"{name}: processor time", median(run.busy for run in runs), "us"),
    ]
