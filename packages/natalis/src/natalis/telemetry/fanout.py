"""One telemetry made of several."""

from __future__ import annotations

from natalis.domain.events import Event
from natalis.ports.telemetry import Telemetry


class Fanout:
    """Passes every event to each of `telemetries`, in order."""

    def __init__(self, *telemetries: Telemetry) -> None:
        self._telemetries = telemetries

    def record(self, event: Event) -> None:
        """Pass an event on."""
        for telemetry in self._telemetries:
            telemetry.record(event)
