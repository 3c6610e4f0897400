"""How long does a scrape take, and how large is it, when 8 processes report as one with 600 zones and 50 routes each?

Eight processes of their own count into one folder: 600 time zones x 4 statuses of `birthday_messages_total`, 50 routes
x 2 methods x 3 statuses of requests. One is scraped: cold, then over and over, and again when the others were killed.
"""

from __future__ import annotations

import contextlib
import gzip
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from perf.figures import MEBIBYTE, Figure, quantile
from perf.targets import at_most
from plimsoll.instrument.exposition import Format
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import HttpMetrics

ZONES, STATUSES, ROUTES, PROCESSES = 600, ("delivered", "refused", "withheld", "unknown"), 50, 8


def fill(registry: Registry) -> None:
    """Count as a service does that has seen everything."""
    birthdays = registry.counter(
        "birthday_messages_total", "Birthday messages that ended, by zone.", "timezone", "status", limit=4_000
    )
    for zone in range(ZONES):
        for status in STATUSES:
            birthdays.at(f"Area{zone % 12}/City_of_a_usual_name_{zone}", status).inc(zone)
    http = HttpMetrics(registry)
    for route in range(ROUTES):
        for method in ("GET", "POST"):
            for code in (200, 404, 500):
                for took in (0.004, 0.04, 0.4):
                    path = f"/resource-{route}/{{resource_id}}/items"
                    http.count((method, path, code, False), took)


def run(*, quick: bool) -> list[Figure]:
    """Scrape cold, warm, and after the others were killed."""
    times = 5 if quick else 50
    alone = Registry()
    fill(alone)
    single = [_took(alone.exposition) for _ in range(times)]
    with tempfile.TemporaryDirectory(prefix="plimsoll-perf-") as folder, _others(Path(folder)) as others:
        registry = Registry(Path(folder))
        fill(registry)
        cold = _took(registry.exposition)
        busy = time.process_time()
        warm = [_took(registry.exposition) for _ in range(times)]
        busy = (time.process_time() - busy) / times
        text = registry.exposition(Format.OPENMETRICS)
        packed = len(gzip.compress(text, 1))
        for each in others:
            each.kill()
            each.wait()
        folding = _took(registry.exposition)
        after = [_took(registry.exposition) for _ in range(times)]
        files = sum(1 for each in Path(folder).iterdir() if each.suffix == ".cells")
    return [
        Figure("series", sum(not line.startswith(b"#") for line in text.splitlines()), ""),
        Figure("one process: scrape, median", median(single) * 1000, "ms"),
        Figure("8 processes: first scrape", cold * 1000, "ms", at_most(100)),
        Figure("8 processes: scrape, median", median(warm) * 1000, "ms"),
        Figure("8 processes: scrape, p95", quantile(warm, 0.95) * 1000, "ms", at_most(100)),
        Figure("8 processes: processor time of a scrape", busy * 1000, "ms"),
        Figure("8 processes: size", len(text) / MEBIBYTE, "MiB", at_most(5)),
        Figure("8 processes: size in gzip", packed / MEBIBYTE, "MiB"),
        Figure("7 of them killed: the scrape that folds", folding * 1000, "ms", at_most(100)),
        Figure("7 of them killed: scrape, median", median(after) * 1000, "ms"),
        Figure("7 of them killed: files", files, ""),
    ]


def _took(scrape: Callable[[], bytes]) -> float:
    began = time.perf_counter()
    scrape()
    return time.perf_counter() - began


@contextlib.contextmanager
def _others(folder: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Run the other processes until each has counted; kill them at the end."""
    command = [sys.executable, "-m", "perf.instrument_scrape", str(folder)]
    others = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES - 1)
    ]
    try:
        for each in others:
            if each.stdout is None or not each.stdout.readline():
                raise SystemExit("a process that counts ended")
        yield others
    finally:
        for each in others:
            each.kill()
            each.wait()


if __name__ == "__main__":
    fill(Registry(Path(sys.argv[1])))
    print("counted", flush=True)
    sys.stdin.read()
