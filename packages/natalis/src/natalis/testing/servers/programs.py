"""The servers' programs: found on this machine, and run to their end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class ServerMissing(RuntimeError):
    """A program that a test needs is not on this machine.

    Such a test fails, it is not skipped: a green run has proven everything.
    """


class ProgramFailed(RuntimeError):
    """A program ended with an error; the message holds what it said."""


def find(name: str) -> str:
    """Where a program lies.

    Raises:
        ServerMissing: it is nowhere; says what to do.
    """
    # Debian keeps these off the PATH, or puts a wrapper there that changes users or is slow.
    folders = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True),
        *Path("/usr/lib/rabbitmq/lib").glob("*/sbin"),
        Path("/usr/lib/erlang/bin"),
    ]
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise ServerMissing(
            f"{name} is not installed: run `make services` (scripts/services), which installs it from Debian's packages"
        )
    return found


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def unprivileged(preferred: str) -> str:
    """The user to run a server as that refuses to run as root: nobody ("") where we are not root ourselves."""
    if os.geteuid() != 0:
        return ""
    try:
        return pwd.getpwnam(preferred).pw_name
    except KeyError:
        return "nobody"


def give(path: Path, user: str) -> None:
    """Make the user the owner of the path."""
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def run(command: Sequence[str], *, user: str = "", env: Mapping[str, str] | None = None, say: str | None = None) -> str:
    """Run a program to its end.

    Args:
        command: the program, as `find` found it, and its arguments.
        user: whom to run it as; "" is ourselves.
        env: added to our environment.
        say: its standard input.

    Returns:
        What it wrote to its standard output.

    Raises:
        ProgramFailed: it ended with an error, or took a minute.
    """
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    try:
        done = subprocess.run(  # noqa: S603 - commands are written in this package
            command,
            input=say or "",
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            timeout=60,
            env={**os.environ, **(env or {})},
            **identity,  # type: ignore[call-overload]  # by name
        )
    except subprocess.TimeoutExpired as late:
        raise ProgramFailed(f"{' '.join(command)} was not done in a minute") from late
    if done.returncode != 0:
        raise ProgramFailed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return str(done.stdout)
