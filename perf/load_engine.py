"""What does a request cost `plimsoll load run` in all, beside wrk; when do arrivals start; and is a stall seen whole?

The flow is real: a name, a tag, a check, thresholds, all histograms. Processor time is the engine's own, as the run
says it. The freezing server takes 5 ms for an answer and stops once for 2 s, so each percentile is known beforehand.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from natalis.testing.servers.nginx import Nginx
from perf.figures import Figure, quantile
from perf.load_client import NGINX, wrk
from perf.targets import at_least, at_most
from plimsoll.measure.results import decode_run
from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Counter, Trend

USERS = {50: 65_000, 500: 52_000}
"""And how many requests a second of processor time are asked for: 2.5 and 4 times what k6 makes of a core."""
RATES = (1_000, 5_000, 20_000)
PERCENTS = (50, 90, 99, 99.9, 100)
SERVICE, FREEZE, RATE = 0.005, 2.0, 1_000
FLOW = """
options = {
    "tags": {"kind": "bench"},
    "thresholds": {"http_req_duration{name:home}": "p(95)<60000", "http_req_failed": "rate<0.01", "checks": "rate>0.9"},
}

async def home(session):
    answer = await session.get("/", name="home")
    session.check(answer, {"status is 200": lambda answer: answer.status == 200})
"""
_FREEZING = Path(__file__).parent.parent / "tests" / "plimsoll" / "load" / "servers" / "freezing.py"


def run(*, quick: bool) -> list[Figure]:
    """Load nginx with users and at rates, then the freezing server."""
    rounds, seconds = (1, 3) if quick else (3, 5)
    with tempfile.TemporaryDirectory() as folder:
        flow = Path(folder) / "flow.py"
        flow.write_text(FLOW, encoding="utf-8")
        with Nginx(NGINX) as server:
            figures = [each for users in USERS for each in _closed(flow, server.url, users, rounds, seconds)]
            figures += [each for rate in RATES for each in _open(flow, server.url, rate, seconds)]
        return figures + _stall(flow, 10 if quick else 30)


def _closed(flow: Path, url: str, users: int, rounds: int, seconds: int) -> list[Figure]:
    costs, rates, ratios = [], [], []
    for _ in range(rounds):
        done = load(flow, url, "--vus", str(users), "--for", f"{seconds}s")
        costs.append(cost(done))
        rates.append(_requests(done) / done.lasted.total_seconds())
        ratios.append(100 * rates[-1] / wrk(url, users, seconds).rate)
    typical = median(costs)
    return [
        Figure(f"{users} users: processor time a request", typical, "us"),
        Figure(f"{users} users: requests a second of processor time", 1e6 / typical, "/s", at_least(USERS[users])),
        Figure(f"{users} users: requests a second on this machine", median(rates), "/s"),
        Figure(f"{users} users: of wrk's rate", median(ratios), "%", at_least(40)),
    ]


def _open(flow: Path, url: str, rate: int, seconds: int) -> list[Figure]:
    done = load(flow, url, "--rate", str(rate), "--for", f"{seconds}s")
    late = _trend(done, "iteration_lateness")
    dropped = done.recording.select("dropped_iterations")
    return [
        Figure(f"{rate:,}/s: start after plan, p50", late.percentile(50), "ms"),
        Figure(f"{rate:,}/s: start after plan, p99", late.percentile(99), "ms", at_most(2)),
        Figure(f"{rate:,}/s: dropped", dropped.value if isinstance(dropped, Counter) else 0, "", at_most(0)),
        Figure(f"{rate:,}/s: processor time a request", cost(done), "us"),
    ]


def _stall(flow: Path, length: int) -> list[Figure]:
    """Compare what was measured with what the server wrote down, and with what it should have been.

    The first is the truth of this run: when each request was answered, after it was due. The second knows nothing of
    the 0.1 ms that sockets and two processes on a machine take, which is 2 % of 5 ms.
    """
    with _freezing(length / 3) as url:
        done = load(flow, url, "--rate", str(RATE), "--for", f"{length}s")
        with urlopen(f"{url}/record") as answer:  # noqa: S310 - the server that was just started
            served = _served(answer.read().decode("ascii"))
    latency = _trend(done, "http_req_latency")
    found = []
    for percent in PERCENTS:
        measured, truth, plan = latency.percentile(percent), quantile(served, percent / 100), _truth(percent, length)
        name = f"freezing server, p{percent:g}"
        found += [
            Figure(
                f"{name} off the server's own record by", 100 * abs(measured / truth - 1), "%", at_most(2, stretch=1)
            ),
            Figure(f"{name} off its planned {plan:,.0f} ms by", 100 * abs(measured / plan - 1), "%"),
        ]
    return found


def _served(record: str) -> list[float]:
    """Return how many milliseconds after it was due each request was answered, by the server's own clock.

    When the first was due is what fits all: none came before it was due, and one came at once.
    """
    came_and_answered = sorted(tuple(map(int, line.split())) for line in record.splitlines())
    start = min(came - number * 1e9 / RATE for number, (came, _) in enumerate(came_and_answered))
    return [(answered - start - number * 1e9 / RATE) / 1e6 for number, (_, answered) in enumerate(came_and_answered)]


def _truth(percent: float, length: float) -> float:
    """Return a percentile in milliseconds: the share FREEZE / length lies evenly between SERVICE and FREEZE more."""
    frozen, above = FREEZE / length, 1 - percent / 100
    return 1000 * (SERVICE + (FREEZE * (1 - above / frozen) if above < frozen else 0.0))


@contextmanager
def _freezing(after: float) -> Iterator[str]:
    command = (sys.executable, str(_FREEZING), str(SERVICE), str(after), str(FREEZE))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            if server.stdout is None:
                raise RuntimeError("it was asked to say its port")
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


def load(flow: Path, url: str, *arguments: str) -> Run:
    """Run a flow against a URL.

    Raises:
        SystemExit: It could not be run.
    """
    out = flow.with_name("run.json")
    command = (sys.executable, "-c", "import plimsoll.cli; plimsoll.cli.main()", "load", "run", str(flow), "--url", url)
    done = subprocess.run(
        (*command, *arguments, "--quiet", "--out", str(out)), capture_output=True, text=True, check=False
    )
    if not out.exists():
        raise SystemExit(done.stderr)
    made = decode_run(out.read_bytes())
    out.unlink()
    return made


def cost(done: Run) -> float:
    """Return microseconds of an engine's processor time a request."""
    busy = _trend(done, "generator_cpu").mean / 100 * done.lasted.total_seconds()
    return busy / _requests(done) * 1e6


def _requests(done: Run) -> float:
    """Return how many ended; NaN for none."""
    requests = done.recording.select("http_reqs")
    return requests.value if isinstance(requests, Counter) and requests.value else float("nan")


def _trend(done: Run, name: str) -> Trend:
    tally = done.recording.select(name)
    return tally if isinstance(tally, Trend) else Trend()
