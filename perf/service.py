"""The service as users run it: `natalis up` and `natalis mock-provider` as processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perf.figures import resident

_ENDS_WITHIN = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Running:
    """A command that has said where it can be reached.

    Attributes:
        said: Its first line of JSON.
        pid: Its process.
        seconds_to_ready: From the start to that line.
    """

    said: Mapping[str, str]
    pid: int
    seconds_to_ready: float

    def memory(self, *, peak: bool = False) -> float:
        """Return its resident memory in MiB."""
        return resident(self.pid, peak=peak)


@contextlib.contextmanager
def natalis(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = (str(Path(sys.executable).with_name("natalis")),),
) -> Iterator[Running]:
    """Run a `natalis` command with `--json` in a folder until the block ends; end it in order.

    Args:
        arguments: The command with its options.
        folder: Where it runs; its log goes there, too.
        environment: Settings of it.
        program: What is run; another one that takes the same arguments, where a benchmark says so.

    Raises:
        SystemExit: It ended before it was ready.
    """
    command = [*program, *arguments, "--json"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NATALIS_")}
    told = {**inherited, **(environment or {})}
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, env=told)
        try:
            yield Running(_said(process, log.name), process.pid, time.perf_counter() - begun)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
            if process.stdout is not None:
                process.stdout.close()


def _said(process: subprocess.Popen[bytes], log: str) -> dict[str, str]:
    line = process.stdout.readline() if process.stdout is not None else b""
    if not line:
        raise SystemExit(f"{process.args!r} ended before it was ready: {Path(log).read_text(encoding='utf-8')[-500:]}")
    return dict(json.loads(line))
