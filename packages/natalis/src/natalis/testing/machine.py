"""A machine: a folder with a database, in which the real commands run in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

NATALIS = Path(sys.executable).with_name("natalis")
PATIENCE = 60.0  # seconds


class CommandFailed(AssertionError):
    """A command that was to succeed did not."""


class Machine:
    """A folder of its own with a database, in which `natalis` commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "natalis.db"
        self.settings: dict[str, str] = {
            "DATABASE_URL": f"sqlite:{self.database}",
            "NATALIS_PORT": "0",
            "METRICS_PORT": "0",
        }

    def run(self, *arguments: str) -> str:
        """Run a command to its end and return what it printed; raises `CommandFailed`."""
        ended = subprocess.run(  # noqa: S603 - runs our own command with arguments a test wrote
            [NATALIS, *arguments], cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False
        )
        if ended.returncode != 0:
            raise CommandFailed(f"natalis {' '.join(arguments)}: {ended.stdout}{ended.stderr}")
        return ended.stdout

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command that runs until it is stopped; its log goes to `up.log` in the folder."""
        with (self.folder / "up.log").open("a") as log:
            process = subprocess.Popen(  # noqa: S603 - runs our own command with arguments a test wrote
                [NATALIS, *arguments],
                cwd=self.folder,
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE)
                _out(process).close()

    def environment(self) -> dict[str, str]:
        """Return what the commands find in their environment."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NATALIS_")}
        return {**inherited, **self.settings}


def first_answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the JSON object that a command with `--json` prints first, once it is ready."""
    answer: dict[str, Any] = json.loads(_out(process).readline())
    return answer


def fetched(url: str) -> Any:
    """Return the JSON found there."""
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 - a test's own address
        return json.load(answer)


def _out(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise CommandFailed("the command was started without a pipe")
    return process.stdout
