"""What do 10 million requests leave behind in the load generator that 10,000 do not, and what an hour at 2,000/s?

Peak resident memory of the engine and of the conductor (which merges, judges and writes the reports), of a long run
against a short one of the same users, both of `plimsoll load run` with a check, a tag, thresholds and all histograms.
The hour is made in samples: 7.2 million arrivals at 20,000/s. The target is nginx, whose memory is not looked at.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Final

from natalis.testing.servers.nginx import Nginx
from perf.figures import Figure, resident
from perf.load_client import NGINX
from perf.load_engine import FLOW
from perf.targets import at_most
from plimsoll.measure.results import decode_run
from plimsoll.measure.tallies import Counter

FEW: Final = 10_000
MANY: Final = 10_000_000
RATE: Final = 20_000
HOUR: Final = 3_600 * 2_000
_LOOK: Final = 0.02  # seconds between two looks: the short run is over in half a second


@dataclass(frozen=True, slots=True)
class Held:
    """Peak resident memory in MiB, and how many requests there were."""

    engine: float
    conductor: float
    requests: float


def run(*, quick: bool) -> list[Figure]:
    """Make both pairs of runs, or a hundredth of them."""
    many, hour = (MANY // 100, HOUR // 100) if quick else (MANY, HOUR)
    with tempfile.TemporaryDirectory() as folder, Nginx(NGINX) as server:
        flow = Path(folder) / "flow.py"
        flow.write_text(FLOW, encoding="utf-8")
        users = ("--vus", "50", "--for", "2h")
        few, all_of_them = (_held(flow, server.url, *users, "--iterations", str(each)) for each in (FEW, many))
        figures = list(_figures("50 users", few, all_of_them))
        pool = ("--rate", str(RATE), "--vus", "200", "--max-vus", "200")
        lengths = (f"{FEW / RATE:g}s", f"{hour / RATE:g}s")
        few, all_of_them = (_held(flow, server.url, *pool, "--for", each) for each in lengths)
        return figures + list(_figures(f"{RATE:,}/s", few, all_of_them))


def _figures(name: str, few: Held, many: Held) -> Iterator[Figure]:
    yield Figure(f"{name}: requests, few", few.requests, "")
    yield Figure(f"{name}: requests, many", many.requests, "")
    for process in ("engine", "conductor"):
        before, after = getattr(few, process), getattr(many, process)
        yield Figure(f"{name}: peak memory of the {process}, few", before, "MiB")
        yield Figure(f"{name}: {process}, many above few", after - before, "MiB", at_most(5, stretch=1))


def _held(flow: Path, url: str, *arguments: str) -> Held:
    """Run load and watch both processes.

    Raises:
        SystemExit: It could not be run.
    """
    out = flow.with_name("run.json")
    command = (sys.executable, "-c", "import plimsoll.cli; plimsoll.cli.main()", "load", "run", str(flow), "--url", url)
    peaks: dict[str, float] = {"engine": 0.0, "conductor": 0.0}
    with subprocess.Popen(
        (*command, *arguments, "--quiet", "--out", str(out)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        while process.poll() is None:
            peaks["conductor"] = max(peaks["conductor"], _peak(process.pid))
            peaks["engine"] = max(peaks["engine"], *map(_peak, _children(process.pid)), 0.0)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK)
        said = process.stderr.read().decode() if process.stderr is not None else ""
    if not out.exists():
        raise SystemExit(said)
    requests = decode_run(out.read_bytes()).recording.select("http_reqs")
    out.unlink()
    return Held(peaks["engine"], peaks["conductor"], requests.value if isinstance(requests, Counter) else 0)


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def _peak(pid: int) -> float:
    """Return it in MiB; 0 for a process that has ended or has not become a Python of its own yet."""
    found = resident(pid, peak=True)
    return 0.0 if isnan(found) else found
