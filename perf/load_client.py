"""What does a request cost the load generator's client alone, beside wrk, of one nginx worker?

Each user is one coroutine that asks again as soon as it was answered, on a connection of its own; nothing is kept.
Client and wrk ask in turn; processor time is what the asking process took, so a loaded machine disturbs it little.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import uvloop

from natalis.testing.servers.nginx import Nginx
from perf.figures import Figure
from perf.targets import at_most
from plimsoll.load.client.agent import Agent
from plimsoll.load.client.client import Client
from plimsoll.load.client.request import Request

USERS = (50, 500)
NGINX = """
worker_processes 1;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000000;
    server {
        listen 127.0.0.1:${PORT} backlog=4096;
        location / { default_type application/json; return 200 '{"status":"ok","message":"hello, world"}'; }
    }
}
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """How many requests were answered, in how many seconds, for how many seconds of processor time."""

    requests: int
    seconds: float
    busy: float

    @property
    def cost(self) -> float:
        """Microseconds of processor time a request."""
        return self.busy / self.requests * 1e6

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def run(*, quick: bool) -> list[Figure]:
    """Ask with 50 and with 500 users."""
    rounds, seconds = (2, 1) if quick else (5, 2)
    with Nginx(NGINX) as server:
        return [figure for users in USERS for figure in _figures(server.url, users, rounds, seconds)]


def _figures(url: str, users: int, rounds: int, seconds: int) -> list[Figure]:
    ours: list[Asked] = []
    theirs: list[Asked] = []
    for turn in range(rounds):
        both: list[tuple[list[Asked], Callable[[str, int, int], Asked]]] = [(ours, _client), (theirs, wrk)]
        for asked, ask in both if turn % 2 else reversed(both):
            asked.append(ask(url, users, seconds))
    ratios = [mine.cost / other.cost for mine, other in zip(ours, theirs, strict=True)]
    return [
        Figure(f"{users} users: processor time a request", median(each.cost for each in ours), "us", at_most(9)),
        Figure(f"{users} users: the least of all rounds", min(each.cost for each in ours), "us"),
        Figure(f"{users} users: requests a second of processor time", 1e6 / median(each.cost for each in ours), "/s"),
        Figure(f"{users} users: requests a second on this machine", median(each.rate for each in ours), "/s"),
        Figure(f"{users} users: wrk's processor time a request", median(each.cost for each in theirs), "us"),
        Figure(f"{users} users: processor time against wrk", median(ratios), "times"),
    ]


def _client(url: str, users: int, seconds: int) -> Asked:
    return uvloop.run(_ask(Request("GET", f"{url}/health"), users, seconds))


async def _ask(request: Request, users: int, seconds: int) -> Asked:
    counts = [0] * users
    over = asyncio.Event()

    async def user(number: int) -> None:
        agent = Agent(client)
        while not over.is_set():
            exchange = await agent.fetch(request)
            if exchange.error is not None:
                raise SystemExit(f"{exchange.error}: {exchange.detail}")
            counts[number] += 1
        agent.close()

    with Client() as client:
        tasks = [asyncio.create_task(user(number)) for number in range(users)]
        await asyncio.sleep(0.3)  # noqa: TID251 - all are connected
        gc.collect()
        before, began, had = busy(resource.RUSAGE_SELF), perf_counter(), sum(counts)
        await asyncio.sleep(seconds)  # noqa: TID251 - the length of the measurement
        asked = Asked(sum(counts) - had, perf_counter() - began, busy(resource.RUSAGE_SELF) - before)
        over.set()
        await asyncio.gather(*tasks)
    return asked


def wrk(url: str, users: int, seconds: int) -> Asked:
    """Ask with wrk.

    Raises:
        SystemExit: It is not installed.
    """
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("wrk is not installed: run scripts/services wrk, or apt-get install wrk")
    before = busy(resource.RUSAGE_CHILDREN)
    command = [program, "-t1", f"-c{users}", f"-d{seconds}s", f"{url}/health"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    total = next(line for line in done.stdout.splitlines() if " requests in " in line)
    return Asked(int(total.split()[0]), seconds, busy(resource.RUSAGE_CHILDREN) - before)


def busy(who: int) -> float:
    """Return the seconds of processor time that this process, or its children, have had (`resource.RUSAGE_*`)."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
