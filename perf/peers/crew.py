"""A contender's processes: started together, ready together, ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

READY = "ready"
_HANDS = "hands-up"
_POLL = 0.02  # seconds
_ENDS_WITHIN = 8.0  # seconds


def ready_hand(folder: Path, name: str = "") -> None:
    """Say that this process, or a part of it, waits for work."""
    hands = folder / _HANDS
    hands.mkdir(exist_ok=True)
    (hands / f"{os.getpid()}-{name}").touch()


def run(
    folder: Path, commands: Sequence[Sequence[str]], *, hands: int, is_set: Callable[[], bool] = lambda: True
) -> None:
    """Start the commands, say `ready` once all their parts are, and keep them until SIGTERM; then end them.

    Args:
        folder: The contender's own.
        commands: Programs with arguments; each is to stay until SIGTERM.
        hands: How many `ready_hand` calls to wait for.
        is_set: What else must be so before all is ready.

    Raises:
        SystemExit: One of them ended by itself.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    crew = [subprocess.Popen(command, stdin=subprocess.DEVNULL) for command in commands]
    said = False
    try:
        while not stopping.wait(_POLL):
            if gone := [member.args for member in crew if member.poll() is not None]:
                sys.exit(f"ended by itself: {gone}")
            if not said and _hands_up(folder) >= hands and is_set():
                (folder / READY).touch()
                said = True
    finally:
        _end(crew)


def here(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this package on the same Python."""
    return [sys.executable, "-m", f"perf.peers.{module}", *arguments]


def main(doors: Mapping[str, Callable[[], None]]) -> None:
    """Run the door that the command line names."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    if wanted not in doors:
        sys.exit(f"give one of: {', '.join(doors)}")
    doors[wanted]()


def _hands_up(folder: Path) -> int:
    hands = folder / _HANDS
    return len(list(hands.iterdir())) if hands.is_dir() else 0


def _end(crew: Sequence[subprocess.Popen[bytes]]) -> None:
    for member in crew:
        member.terminate()
    for member in crew:
        try:
            member.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            member.kill()
