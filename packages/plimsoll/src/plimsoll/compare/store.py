"""Stored runs: a folder with one JSON file for each, only ever added to, safe in git."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from plimsoll.errors import InvalidInput
from plimsoll.measure.results import decode_run, encode_run
from plimsoll.measure.run import Run, Verdict

_COMMIT_LETTERS = 12


class RunStore:
    """A folder of runs.

    A file is called by the instant at which load began, the run's name and its commit, so that a listing is in the
    order of time and two branches never write the same file.

    Args:
        folder: Made at the first `add`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, run: Run) -> Path:
        """Keep a run, with full histograms; return its file.

        Raises:
            InvalidInput: It is kept already; nothing is ever written over.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / file_name(run)
        try:
            with path.open("xb") as file:
                file.write(encode_run(run))
        except FileExistsError:
            problem = f"{path} is there already, and results are only ever added"
            raise InvalidInput("store", problem, "give another folder, or keep the one that is there") from None
        return path

    def runs(self, name: str | None = None) -> Iterator[Run]:
        """Yield the runs, oldest first, or those of this name.

        Raises:
            InvalidInput: A file is no result; names it.
        """
        for path in sorted(self._folder.glob("*.json")):
            if name is None or f"-{_slug(name)}-" in path.name:
                run = decode_run(path.read_bytes(), str(path))
                if name is None or run.name == name:
                    yield run

    def baselines(self, candidate: Run) -> list[Run]:
        """Return whole, valid runs of the same name and the same machine from before, oldest first."""
        return [run for run in self.runs(candidate.name) if is_baseline(run, candidate)]


def is_baseline(run: Run, candidate: Run) -> bool:
    """Whether a run may stand beside a candidate: same name and machine, earlier, whole and valid."""
    same = run.name == candidate.name and run.environment.get("machine") == candidate.environment.get("machine")
    usable = run.partial is None and run.verdict is not Verdict.INVALID and run.time_scale == candidate.time_scale
    return same and usable and run.started_at < candidate.started_at


def file_name(run: Run) -> str:
    """Return what a run's file is called, for example `20261121T090000.123Z-checkout-1a2b3c4d5e6f.json`."""
    at = f"{run.started_at:%Y%m%dT%H%M%S}.{run.started_at.microsecond // 1000:03d}Z"
    parts = [at, _slug(run.name), (run.environment.get("commit") or "unknown")[:_COMMIT_LETTERS]]
    return "-".join([*parts, *(shard.replace("/", "of") for shard in run.shards)]) + ".json"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "run"
