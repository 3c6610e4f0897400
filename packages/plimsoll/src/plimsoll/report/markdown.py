"""A run as Markdown, for a pull request."""

from __future__ import annotations

from plimsoll.report.findings import Findings


def markdown(found: Findings) -> str:
    """Return it."""
    return f"{found.name}: {found.verdict}\n"
