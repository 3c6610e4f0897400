"""What do metrics, logs and traces cost `POST /user`?

Four processes of `natalis api`, each with a database of its own on one server that flushes at each commit: one whose
metrics and logs were taken out, one as it is, one that also traces a tenth of its requests to a collector that takes
everything, and one more without anything. They are asked in turn by the same wrk, and who goes first changes: costs
are medians over rounds of what one lost in the same round against another.

Two processes of the very same program differ by up to a tenth for as long as they live, by where their memory came to
lie. So all are started anew several times, and what the second one without anything lost to the first says how much of
any figure is chance.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from natalis.testing.servers import keeper
from natalis.testing.servers.postgres import Postgres, PostgresDatabase
from perf.bare.wrk import ask
from perf.figures import Figure
from perf.peers.meters import cpu_seconds
from perf.service import natalis
from perf.targets import Target, at_most
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import HttpMetrics, InstrumentedApplication, Message, Receive, Scope, Send

BARE, COUNTED, TRACED = "without metrics and logs", "with metrics and logs", "with tracing of 10 % too"
BARE_AGAIN = "without metrics and logs once more"
_POSTGRES = {"shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - what is measured listens as in production
_UNBOUND = "1000000"  # requests a second: rates are counted, and nobody is refused
_UNINSTRUMENTED = [sys.executable, str(Path(__file__).with_name("uninstrumented.py"))]
_PROGRAMS = {BARE: _UNINSTRUMENTED, BARE_AGAIN: _UNINSTRUMENTED}


@dataclass(frozen=True, slots=True)
class Api:
    """One that is asked."""

    name: str
    url: str
    pid: int
    database: PostgresDatabase
    token: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run against one API: requests a second, and processor time in microseconds a request."""

    rate: float
    busy: float


def run(*, quick: bool) -> list[Figure]:
    """Ask all in turn to add people."""
    starts, rounds = (2, 2) if quick else (6, 4)
    runs = [each for _ in range(starts) for each in _rounds(rounds, seconds=2)]
    return [
        *(figure for name in (BARE, COUNTED, TRACED) for figure in _of(name, runs)),
        *_against(COUNTED, BARE, runs, at_most(5)),
        *_against(TRACED, BARE, runs, at_most(10)),
        *_against(TRACED, COUNTED, runs),
        *_against(BARE_AGAIN, BARE, runs),
        Figure("metrics of a request alone", _alone(20_000 if quick else 200_000), "us", at_most(3)),
    ]


def _rounds(rounds: int, *, seconds: int) -> list[Mapping[str, Run]]:
    """Start all anew, and ask them in turn."""
    with _raised() as apis:
        for api in apis:
            _post(api, "warm", 1)
        return [{api.name: _post(api, f"round{turn}", seconds) for api in _order(apis, turn)} for turn in range(rounds)]


def _order(apis: Sequence[Api], turn: int) -> Sequence[Api]:
    first = turn % len(apis)
    return [*apis[first:], *apis[:first]]


def _of(name: str, runs: Sequence[Mapping[str, Run]]) -> list[Figure]:
    return [
        Figure(f"POST /user {name}: rate", median(each[name].rate for each in runs), "/s"),
        Figure(f"POST /user {name}: processor time", median(each[name].busy for each in runs), "us"),
    ]


def _against(name: str, other: str, runs: Sequence[Mapping[str, Run]], target: Target | None = None) -> list[Figure]:
    lost = [(1 - each[name].rate / each[other].rate) * 100 for each in runs]
    more = [(each[name].busy / each[other].busy - 1) * 100 for each in runs]
    return [
        Figure(f"POST /user {name}: throughput lost to one {other}", median(lost), "%", target),
        Figure(f"POST /user {name}: more processor time than {other}", median(more), "%"),
    ]


@contextlib.contextmanager
def _raised() -> Iterator[list[Api]]:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Postgres(durable=True, settings=_POSTGRES))
        collector = stack.enter_context(_collector())
        settings: Mapping[str, Mapping[str, str]] = {
            BARE: {},
            COUNTED: {},
            BARE_AGAIN: {},
            TRACED: {"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_TRACES_SAMPLER_ARG": "0.1"},
        }
        yield [_api(stack, name, server.create_database(), each) for name, each in settings.items()]


def _api(stack: contextlib.ExitStack, name: str, database: PostgresDatabase, settings: Mapping[str, str]) -> Api:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="natalis-perf-")))
    environment = {"DATABASE_URL": database.url, "NATALIS_API_RATE": _UNBOUND, **settings}
    program = str(Path(sys.executable).with_name("natalis"))
    command = [program, "token", "create", "bench", "--scope", "write", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder, env=environment)
    options = ("--host", _EVERY_ADDRESS, "--port", "0", "--metrics-port", "0")
    running = stack.enter_context(
        natalis("api", *options, folder=folder, environment=environment, program=_PROGRAMS.get(name, [program]))
    )
    url = running.said["api"].replace(_EVERY_ADDRESS, "127.0.0.1")
    return Api(name, url, running.pid, database, str(json.loads(done.stdout)["secret"]))


def _post(api: Api, what: str, seconds: int) -> Run:
    api.database.server.sql("checkpoint")
    before = _busy(api)
    load = ask(api.url, "post.lua", what, api.token, seconds=seconds)
    return Run(load.rate, (_busy(api) - before) / load.requests * 1e6)


def _busy(api: Api) -> float:
    return cpu_seconds([api.pid, *keeper.descendants(api.pid)])


class _TakesEverything(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def _collector() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _TakesEverything)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def _alone(times: int) -> float:
    """Return what counting a request costs beside an application that does nothing, in microseconds."""

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        scope["path_template"] = "/user/{id}"
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    counted = InstrumentedApplication(app, HttpMetrics(Registry()))
    scope: Scope = {"type": "http", "method": "GET", "path": "/user/7", "headers": [(b"host", b"test")] * 8}
    best = [min(_took(each, scope, times // 10) for _ in range(10)) for each in (app, counted)]
    return (best[1] - best[0]) * 1e6


def _took(app: InstrumentedApplication | object, scope: Scope, times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        with contextlib.suppress(StopIteration):  # nothing waits: one step is all of it
            app(scope, _receive, _send).send(None)  # type: ignore[operator]  # both are called so
    return (time.perf_counter() - began) / times


async def _receive() -> Message:
    return {}


async def _send(_: Message) -> None:
    """Take an answer."""
