"""The end of a run, for the terminal."""

from __future__ import annotations

from plimsoll.report.findings import Findings


def end_summary(found: Findings, *, width: int = 100, colour: bool = False) -> str:
    """Return the end summary.

    Args:
        found: What is said of the run.
        width: Of the terminal, in characters.
        colour: Whether the terminal shows colours (ANSI).
    """
    return f"{found.name}: {found.verdict}\n"[: width if colour or width else None]
