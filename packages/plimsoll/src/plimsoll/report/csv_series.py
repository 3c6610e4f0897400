"""A run over time as CSV: one line for each stretch, times in milliseconds, rates a second."""

from __future__ import annotations

import csv
import io
from typing import Final

from plimsoll.report.findings import Findings, Point

_HEAD: Final = (
    "at_seconds",
    "seconds",
    "requests_per_s",
    "iterations_per_s",
    "planned_iterations_per_s",
    "failed_per_s",
    "dropped_iterations_per_s",
    "checks_failed",
    "vus",
    "received_bytes_per_s",
    "sent_bytes_per_s",
    "latency_p50_ms",
    "latency_p95_ms",
    "latency_p99_ms",
    "latency_max_ms",
)


def csv_series(found: Findings) -> str:
    """Return a run over time as CSV with a head; a cell is empty where nothing was measured."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
    writer.writerows(_row(point) for point in found.points)
    return out.getvalue()


def _row(point: Point) -> list[str]:
    figures = (
        point.at,
        point.seconds,
        point.rate,
        point.iterations,
        point.planned,
        point.failed,
        point.dropped,
        point.checks_failed,
        point.vus,
        point.received,
        point.sent,
        *(point.latency or (None,) * 4),
    )
    return ["" if each is None else f"{each:.6g}" if each < 1e6 else f"{each:.0f}" for each in figures]  # noqa: PLR2004 - six digits
