"""Where events go."""

from __future__ import annotations

from typing import Protocol

from natalis.domain.events import Event


class Telemetry(Protocol):
    """Turns events into metrics, logs or a picture on the terminal; must not block and must not raise."""

    def record(self, event: Event) -> None:
        """Take note."""
        ...
