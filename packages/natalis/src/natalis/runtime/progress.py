"""Progress: whether each service consumed something or had nothing to do - which is what being healthy means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from natalis.ports.clock import Clock

STALE_AFTER = timedelta(seconds=60)
"""A service whose last good step ended longer ago than this lives, but no longer consumes."""


@dataclass(slots=True)
class Progress:
    """What the loop around one service has seen.

    Attributes:
        service: Its name.
        clock: For durations.
        steps: Steps that ended well.
        failures: Steps in a row that raised, up to now.
        fault: What the last of those raised.
    """

    service: str
    clock: Clock
    steps: int = 0
    failures: int = 0
    fault: str = ""
    _last_good: timedelta = field(init=False)

    def __post_init__(self) -> None:
        self._last_good = self.clock.monotonic()

    def succeeded(self) -> None:
        """A step ended well."""
        self.steps += 1
        self.failures = 0
        self.fault = ""
        self._last_good = self.clock.monotonic()

    def failed(self, error: BaseException) -> None:
        """A step raised."""
        self.failures += 1
        self.fault = f"{type(error).__name__}: {error}"

    @property
    def quiet_for(self) -> timedelta:
        """How long ago the last good step ended."""
        return self.clock.monotonic() - self._last_good

    @property
    def trouble(self) -> str | None:
        """What is wrong, in a sentence; None while all is well."""
        if self.quiet_for > STALE_AFTER:
            return (
                f"{self.service} has made no progress for {self.quiet_for.total_seconds():.0f} s {self.fault}".strip()
            )
        return None
