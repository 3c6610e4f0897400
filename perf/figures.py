"""Figures: what a benchmark found, beside its target; printed as a table and kept as JSON."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perf.targets import Target

RESULTS = Path(__file__).parent / "results"
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that was found.

    Attributes:
        name: What it says.
        value: How much.
        unit: Of what.
        target: What the specification asks for (section 6.2); None for nothing.
    """

    name: str
    value: float
    unit: str
    target: Target | None = None

    @property
    def judged(self) -> str:
        """How it stands to its target; empty without one."""
        return "" if self.target is None else self.target.judge(self.value).value

    def as_json(self) -> dict[str, object]:
        """Return it as JSON has it: the target in words, and the verdict."""
        target = "" if self.target is None else str(self.target)
        return {"name": self.name, "value": self.value, "unit": self.unit, "target": target, "judged": self.judged}


def quantile(sample: Sequence[float], share: float) -> float:
    """Return the value that `share` of a sample lies at or below (nearest rank)."""
    ordered = sorted(sample)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered)) - 1))]


def resident(pid: int | None = None, *, peak: bool = False) -> float:
    """Return the resident memory of a process (this one without a pid) in MiB; NaN where the system does not say."""
    wanted = "VmHWM:" if peak else "VmRSS:"
    try:
        lines = Path(f"/proc/{pid or os.getpid()}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith(wanted)), float("nan"))


def machine() -> dict[str, object]:
    """Return what the figures depend on besides the code."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "loadBefore": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def commit() -> str:
    """Return the commit that was measured, with a plus when files differ from it; empty outside a repository."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parent,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def keep(benchmark: str, figures: Sequence[Figure], *, quick: bool, on: dict[str, object]) -> Path:
    """Write the figures down and return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{benchmark}{'.quick' if quick else ''}.json"
    record = {
        "benchmark": benchmark,
        "quick": quick,
        "figures": [figure.as_json() for figure in figures],
        "machine": on,
        "commit": commit(),
    }
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return path


def show(benchmark: str, figures: Sequence[Figure]) -> None:
    """Print the figures as a table."""
    print(f"\n{benchmark}")
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        target = f"   {figure.judged}: {figure.target}" if figure.target else ""
        print(f"  {figure.name:<{width}}  {written(figure.value):>12} {figure.unit:<8}{target}".rstrip())


def written(value: float) -> str:
    """Return a number with as many digits as say something."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.2f}"
