"""A run as Prometheus text, to be scraped while it goes on."""

from __future__ import annotations

from datetime import timedelta

from plimsoll.measure.recording import Recording


def exposition(whole: Recording, elapsed: timedelta) -> str:
    """Return it as text format 0.0.4.

    Args:
        whole: All that was recorded so far.
        elapsed: From the start of the load.
    """
    return f"# {len(whole.metrics)} metrics\nplimsoll_elapsed_seconds {elapsed.total_seconds()}\n"
