"""What a run says of where it was made: versions, machine, commit."""

from __future__ import annotations

import os
import platform
import subprocess

from plimsoll import __version__


def surroundings(processes: int) -> dict[str, str]:
    """Return it by name; a commit only where there is one.

    Args:
        processes: How many engines the run has.
    """
    found = {
        "plimsoll": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "processes": str(processes),
    }
    if commit := os.environ.get("GITHUB_SHA") or _commit():
        found["commit"] = commit
    return found


def _commit() -> str:
    try:
        told = subprocess.run(("git", "rev-parse", "HEAD"), capture_output=True, text=True, timeout=5, check=False)  # noqa: S607 - git, wherever it is installed
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""
