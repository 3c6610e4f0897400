"""Load by wrk: 64 connections that each ask again as soon as they were answered."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 64
_HERE = Path(__file__).parent
_MISSING = "wrk is not installed: run scripts/services wrk, or apt-get install wrk"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk found.

    Attributes:
        requests: How many were answered.
        seconds: In how long.
        failed: How many were answered with 400 and above, or not at all.
        p50: Latency in milliseconds; a closed loop's, which waits while the server stalls.
        p95: The same.
        p99: The same.
        max: The same.
    """

    requests: int
    seconds: float
    failed: int
    p50: float
    p95: float
    p99: float
    max: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def ask(url: str, script: str, *arguments: str, seconds: int) -> Load:
    """Ask for so many seconds by one of the scripts beside this file.

    Raises:
        SystemExit: wrk is missing, failed, or something was answered with an error.
    """
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit(_MISSING)
    with tempfile.TemporaryDirectory(prefix="natalis-perf-") as folder:
        whole = Path(folder) / script
        whole.write_text((_HERE / script).read_text("utf-8") + (_HERE / "report.lua").read_text("utf-8"), "utf-8")
        command = [program, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(whole), url, "--", *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"wrk failed: {done.stderr[-500:]}")
    load = Load(**json.loads(done.stdout.splitlines()[-1]))
    if load.failed:
        raise SystemExit(f"{load.failed} of {load.requests} requests to {url} failed")
    return load
