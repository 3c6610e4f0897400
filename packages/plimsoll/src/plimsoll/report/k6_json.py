"""A run as k6 gives it to `handleSummary`: JSON."""

from __future__ import annotations

from plimsoll.report.findings import Findings


def k6_json(found: Findings) -> str:
    """Return it."""
    return f"{found.name}: {found.verdict}\n"
