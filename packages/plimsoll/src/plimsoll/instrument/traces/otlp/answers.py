"""What became of a batch that was sent to a collector, and the seam of those that send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Taken:
    """The collector has it.

    Attributes:
        rejected: How many spans of it it threw away.
        why: In its words.
    """

    rejected: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Away:
    """Nobody took it now; trying again may help.

    Attributes:
        why: In words.
        wait: How long the collector asks to be left alone; None where it did not say.
    """

    why: str
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Trying again would not help.

    Attributes:
        why: In words.
    """

    why: str


Answer: TypeAlias = Taken | Away | Refused


class Collector(Protocol):
    """Where batches go."""

    def send(self, body: bytes) -> Answer:
        """Hand an `ExportTraceServiceRequest` over, and wait for the answer; never raises."""

    def close(self) -> None:
        """Let go of the connection."""
