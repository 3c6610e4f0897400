"""What tests of the load generator stand on: a server whose latency is known, and the command itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from plimsoll.measure.results import decode_run
from plimsoll.measure.run import Run

_SERVER = Path(__file__).parent / "servers" / "freezing.py"


@contextmanager
def _serving(service: float, after: float, length: float) -> Iterator[str]:
    command = (sys.executable, str(_SERVER), str(service), str(after), str(length))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


@pytest.fixture
def freezing() -> Iterator[Callable[[float, float, float], str]]:
    """Start servers of a service time, that freeze after so many seconds for so many; each gives its address."""
    with ExitStack() as stack:
        yield lambda service, after, length: stack.enter_context(_serving(service, after, length))


@pytest.fixture
def quick(freezing: Callable[[float, float, float], str]) -> str:
    """The address of a server that answers at once and never freezes."""
    return freezing(0.0, 1e9, 0.0)


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended.

    Attributes:
        code: Its exit code.
        out: What it printed.
        err: What it said of errors.
        result: Where its result would be.
    """

    code: int
    out: str
    err: str
    result: Path

    @property
    def run(self) -> Run:
        """The result it wrote."""
        return decode_run(self.result.read_bytes())


@pytest.fixture
def load_run(tmp_path: Path) -> Callable[..., Done]:
    """Run `plimsoll load run`, quietly, with its result in a file."""

    def run(*arguments: str, out: str = "run.json") -> Done:
        result = tmp_path / out
        command = (*command_of("load", "run"), *arguments, "--quiet", "--out", str(result))
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return Done(done.returncode, done.stdout, done.stderr, result)

    return run


def command_of(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", "import plimsoll.cli; plimsoll.cli.main()", *words)


@pytest.fixture
def flow_file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a file of flows."""

    def write(text: str) -> Path:
        path = tmp_path / "flows.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write
