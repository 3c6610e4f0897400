"""What every server has in common: start, stop, kill, pause, resume, restart, and an end that leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, ClassVar, Self

from natalis.testing.servers import folders, keeper, ports

_KEEPER = [sys.executable, "-I", "-S", keeper.__file__]
_BETWEEN_PROBES = timedelta(milliseconds=10)
_LOG_LINES = 30


class ServerFailed(RuntimeError):
    """A server did not do what it was told in time; the message holds the end of its log."""


class Server(ABC):
    """One server process with everything below it, its port and its folder.

    All methods block (start: until it answers), and may be called from any thread; they are quick except where a
    subclass says otherwise. The port and the folder stay the same from start to start, so what was written is still
    there.
    """

    name: ClassVar[str]
    patience: ClassVar[timedelta] = timedelta(seconds=60)

    def __init__(self, *, user: str = "") -> None:
        self._claim = ports.reserve()
        self._user = user
        self._keeper: subprocess.Popen[str] | None = None
        self._main = 0
        self._paused_at: float | None = None
        self.port: int = self._claim.number
        self.folder: Path = folders.make(self.name, user)
        self.log: Path = self.folder / "log"

    def start(self) -> Self:
        """Start it and wait until it answers; does nothing while it runs.

        Raises:
            ServerMissing: its program is not installed.
            ServerFailed: it ended, or did not answer in time; with the end of its log.
        """
        if not self.is_running:
            self.launch()
            self.await_ready()
        return self

    def launch(self) -> None:
        """Start it without waiting."""
        with self.log.open("a") as log:
            self._keeper = subprocess.Popen(  # noqa: S603 - commands are written in this package
                [*_KEEPER, str(self.folder), self._user, *self._command()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.folder,
                start_new_session=True,
                env={**os.environ, **self._environment()},
            )
        self._main = int(_pipe(self._keeper.stdout).readline() or 0)

    def await_ready(self) -> None:
        """Wait until it answers."""
        if not wait_until(lambda: not self.is_running or self._is_ready(), self.patience) or not self.is_running:
            reason = "did not answer in time" if self.is_running else "ended as it started"
            self.kill()
            raise ServerFailed(f"{self.name} {reason}:\n{self.log_tail()}")

    def stop(self) -> None:
        """Stop it as an operator would, and wait for its end; kills it if it takes too long."""
        if self._keeper is None:
            return
        self.resume()
        self._ask_to_stop()
        try:
            self._keeper.wait(self.patience.total_seconds())
        except subprocess.TimeoutExpired:
            self.kill()
        self._forget()

    def kill(self) -> None:
        """SIGKILL to it and to everything below it, as a crash would have it; on return nothing of it runs."""
        if self._keeper is not None:
            keeper.signal_each([self._main], signal.SIGKILL)  # the keeper kills the rest
            self._keeper.wait()
            self._forget()

    def pause(self) -> None:
        """SIGSTOP to it and to everything below it: the kernel still accepts for it, and nothing answers."""
        self._paused_at = self._paused_at or time.monotonic()
        # Until nobody new appears: one may have started another while we went through them.
        stopped: set[int] = set()
        while new := [pid for pid in self._processes() if pid not in stopped]:
            keeper.signal_each(new, signal.SIGSTOP)
            stopped.update(new)

    def resume(self) -> None:
        """SIGCONT to it and to everything below it."""
        keeper.signal_each(self._processes(), signal.SIGCONT)
        self._paused_at = None

    def restart(self) -> None:
        """Kill it and start it again: what a crash and a supervisor do."""
        self.kill()
        self.start()

    def revive(self) -> None:
        """See to it that it runs and answers, whatever a test has done to it."""
        self.resume()
        self.start()
        self.await_ready()

    def close(self) -> None:
        """Kill it, remove its folder and let its port go."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._claim.release()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        """Whether its process is there, paused or not."""
        return self._keeper is not None and self._keeper.poll() is None

    @property
    def paused_for(self) -> timedelta:
        """How long it has been paused; zero if it is not."""
        return timedelta(seconds=time.monotonic() - self._paused_at) if self._paused_at else timedelta()

    def log_tail(self, lines: int = _LOG_LINES) -> str:
        """The last lines of what it wrote."""
        return (
            "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else "(no log)"
        )

    def _processes(self) -> list[int]:
        return keeper.descendants(self._keeper.pid) if self._keeper is not None and self.is_running else []

    def _forget(self) -> None:
        if self._keeper is not None:
            _pipe(self._keeper.stdin).close()
            _pipe(self._keeper.stdout).close()
        self._keeper, self._main, self._paused_at = None, 0, None

    def _ask_to_stop(self) -> None:
        keeper.signal_each([self._main], signal.SIGTERM)

    def _environment(self) -> Mapping[str, str]:
        return {}

    @abstractmethod
    def _command(self) -> Sequence[str]:
        """The program and its arguments; it must stay in the foreground."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether it answers."""


def wait_until(condition: Callable[[], bool], within: timedelta) -> bool:
    """Ask until it is so; false when it was not so in time."""
    deadline = time.monotonic() + within.total_seconds()
    pause = threading.Event()  # never set: a wait between two questions, which nobody's loop depends on
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(_BETWEEN_PROBES.total_seconds())
    return True


def _pipe(end: IO[str] | None) -> IO[str]:
    if end is None:
        raise ServerFailed("the keeper was started without a pipe")
    return end
