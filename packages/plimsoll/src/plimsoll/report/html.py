"""A run as one HTML file that needs nothing else."""

from __future__ import annotations

from plimsoll.report.findings import Findings


def html_page(found: Findings) -> str:
    """Return it."""
    return f"{found.name}: {found.verdict}\n"
