"""A kept result judged anew: by the conditions it was made with, and by more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from plimsoll.cli.results import read_bytes
from plimsoll.measure.names import HTTP_REQ_DURATION, HTTP_REQ_LATENCY
from plimsoll.measure.recording import Recording
from plimsoll.measure.results import decode_run
from plimsoll.measure.run import Run
from plimsoll.measure.thresholds import Threshold, judge, threshold_of
from plimsoll.measure.timeline import Timeline
from plimsoll.report.k6_reading import read_k6

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)  # of a summary that does not say when it was
_INSTEAD: Final = (HTTP_REQ_LATENCY.name, HTTP_REQ_DURATION.name)


def judged(path: Path, thresholds: Sequence[Threshold]) -> Run:
    """Return the run that a file holds, judged by more conditions; those it had stand, and none twice.

    Args:
        path: Of a result of ours, or of a summary of k6: there the duration stands for the latency, which k6 has not.
        thresholds: What else shall be so.

    Raises:
        InvalidInput: It cannot be read, or is neither.
    """
    text = read_bytes(path)
    if _is_of_k6(text):
        return _of_k6(text, path.name, thresholds)
    run = decode_run(text, str(path))
    known = {(each.metric, each.condition) for each in run.thresholds}
    more = [each for each in thresholds if (each.metric, each.words) not in known]
    return replace(run, thresholds=(*run.thresholds, *judge(more, run.recording, run.lasted)))


def _of_k6(text: bytes, name: str, thresholds: Sequence[Threshold]) -> Run:
    """Return as much of a run as a summary says: its verdict, and no figures to compare."""
    known = [threshold_of(each.metric.replace(*_INSTEAD, 1), each.condition) for each in thresholds]
    found = read_k6(text, name, thresholds=known)
    return Run(
        name=found.name,
        started_at=found.started_at or _LONG_AGO,
        lasted=found.lasted,
        scenarios=(),
        recording=Recording(),
        timeline=Timeline(),
        thresholds=tuple({(each.metric, each.condition): each for each in found.thresholds}.values()),
        reasons=found.reasons,
        warnings=found.warnings,
        partial=found.partial,
        environment=found.environment,
    )


def _is_of_k6(text: bytes) -> bool:
    try:
        plain: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return isinstance(plain, dict) and "run" not in plain and ("metrics" in plain or "results" in plain)
