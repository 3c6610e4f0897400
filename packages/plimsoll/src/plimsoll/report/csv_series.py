"""A run over time as CSV: one line for each stretch."""

from __future__ import annotations

from plimsoll.report.findings import Findings


def csv_series(found: Findings) -> str:
    """Return it."""
    return f"{found.name}: {found.verdict}\n"
