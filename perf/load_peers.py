"""Plimsoll beside the load generators that this machine has: wrk, and k6 and vegeta where they are on the PATH.

All ask one nginx worker in turn, with the same number of users. A tool's figure is requests for each second of its own
processor time, because target and tools share the machine's cores. Plimsoll and k6 run the same flow: a name, a tag, a
check, thresholds, all histograms. wrk and vegeta check nothing.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from natalis.testing.servers.nginx import Nginx
from perf.figures import Figure
from perf.load_client import NGINX, USERS, busy, wrk
from perf.load_engine import FLOW, cost, load
from perf.targets import Target, at_least

_K6 = """
import http from 'k6/http';
import { check } from 'k6';
export const options = {
  vus: Number(__ENV.USERS), duration: `${__ENV.SECONDS}s`, discardResponseBodies: false,
  thresholds: {
    'http_req_duration{name:home}': ['p(95)<60000'], http_req_failed: ['rate<0.01'], checks: ['rate>0.9'],
  },
  tags: { kind: 'bench' },
};
export default function () {
  const answer = http.get(__ENV.URL, { tags: { name: 'home' } });
  check(answer, { 'status is 200': (r) => r.status === 200 });
}
"""
_AGAINST: Mapping[tuple[str, int], Target] = {("k6", 50): at_least(2.5), ("k6", 500): at_least(4)}
Asking = Callable[[str, int, int], float]
"""Asks a URL with so many users for so many seconds; returns requests a second of processor time."""


def run(*, quick: bool) -> list[Figure]:
    """Have all of them ask in turn."""
    rounds, seconds = (1, 3) if quick else (3, 10)
    with tempfile.TemporaryDirectory() as folder, Nginx(NGINX) as server:
        tools = _tools(Path(folder))
        figures: list[Figure] = []
        for users in USERS:
            rates: dict[str, list[float]] = {name: [] for name in tools}
            for _ in range(rounds):
                for name, ask in tools.items():
                    rates[name].append(ask(server.url, users, seconds))
            figures += _figures(users, rates)
        return figures


def _figures(users: int, rates: Mapping[str, list[float]]) -> list[Figure]:
    what = "requests a second of processor time"
    made = [Figure(f"{users} users: {name}, {what}", median(found), "/s") for name, found in rates.items()]
    ours = rates["plimsoll"]
    for name, found in rates.items():
        if name != "plimsoll":
            ratio = median(mine / theirs for mine, theirs in zip(ours, found, strict=True))
            made.append(Figure(f"{users} users: plimsoll against {name}", ratio, "x", _AGAINST.get((name, users))))
    return made


def _tools(folder: Path) -> dict[str, Asking]:
    flow, script = folder / "flow.py", folder / "script.js"
    flow.write_text(FLOW, encoding="utf-8")
    script.write_text(_K6, encoding="utf-8")

    def plimsoll(url: str, users: int, seconds: int) -> float:
        return 1e6 / cost(load(flow, url, "--vus", str(users), "--for", f"{seconds}s"))

    def k6(url: str, users: int, seconds: int) -> float:
        told = [f"--env={name}={value}" for name, value in {"URL": url, "USERS": users, "SECONDS": seconds}.items()]
        summary = folder / "k6.json"
        spent = _spent(["k6", "run", "--quiet", *told, f"--summary-export={summary}", str(script)])
        return float(json.loads(summary.read_text(encoding="utf-8"))["metrics"]["http_reqs"]["count"]) / spent

    def vegeta(url: str, users: int, seconds: int) -> float:
        out = folder / "vegeta.bin"
        targets = folder / "targets"
        targets.write_text(f"GET {url}\n", encoding="utf-8")
        flags = ["-rate=0", f"-max-workers={users}", f"-duration={seconds}s", f"-targets={targets}", f"-output={out}"]
        spent = _spent(["vegeta", "attack", *flags])
        told = subprocess.run(["vegeta", "report", "-type=json", str(out)], capture_output=True, check=True).stdout
        return float(json.loads(told)["requests"]) / spent

    def plain_wrk(url: str, users: int, seconds: int) -> float:
        return 1e6 / wrk(url, users, seconds).cost

    found = {name: ask for name, ask in (("k6", k6), ("vegeta", vegeta)) if shutil.which(name)}
    return {"plimsoll": plimsoll, "wrk": plain_wrk, **found}


def _spent(command: list[str]) -> float:
    """Run a command to its end; return the seconds of processor time it took."""
    before = busy(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True)
    return busy(resource.RUSAGE_CHILDREN) - before
