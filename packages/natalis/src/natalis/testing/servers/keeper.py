"""The keeper: a small process between us and one server, which sees to it that nothing of the server outlives us.

Run as a script, with the standard library alone (no site), so that it costs little: `keeper.py FOLDER USER COMMAND...`.
It becomes the reaper of everything that COMMAND starts, daemons too; writes COMMAND's process id to its standard
output; and then waits for one of two ends:

- COMMAND ends: whatever it left behind is killed, and the keeper ends.
- Its standard input closes, because whoever held it ended, by SIGKILL if need be: everything is killed, and FOLDER
  removed.

Process groups would not do: PostgreSQL's children and Erlang's daemons leave the group that they are born in. A
parent-death signal would not do either: it is lost with a change of user, and comes when the *thread* that started the
server ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def descendants(ancestor: int) -> list[int]:
    """The process ids below this one, parents before their children."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended while we looked
                children.setdefault(_parent(entry), []).append(int(entry.name))
    found = list(children.get(ancestor, ()))
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def _parent(process: Path) -> int:
    # The name, in parentheses, may hold anything; what follows the last one does not. Field 4 of proc(5).
    return int((process / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])


def signal_each(pids: list[int], number: signal.Signals) -> None:
    """Send each process the signal, if it is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _kill_everything() -> None:
    """Kill all below us and collect them, until there is nobody left."""
    while True:
        signal_each(descendants(os.getpid()), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _keep(folder: str, user: str, command: list[str]) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    server = subprocess.Popen(  # noqa: S603 - the command comes from the server classes, not from outside
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        user=user or None,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    sys.stdout.write(f"{server.pid}\n")
    sys.stdout.flush()
    ending = os.pidfd_open(server.pid)
    ready, _, _ = select.select([sys.stdin, ending], [], [])
    _kill_everything()
    if sys.stdin in ready:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            Path(folder).parent.rmdir()  # the last one out


if __name__ == "__main__":
    _keep(sys.argv[1], sys.argv[2], sys.argv[3:])
