"""A service: something that runs by itself, one step at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Step:
    """What a step came to.

    Attributes:
        worked: Something was done, so step again at once.
        wake_at: With nothing done: there will be nothing before this instant (UTC); None when that is not known.
    """

    worked: bool
    wake_at: datetime | None = None


class Service(Protocol):
    """Runs by itself; `runtime/loop.py` is the only loop around it."""

    @property
    def name(self) -> str:
        """What logs, metrics and health call it."""
        ...

    async def step(self) -> Step:
        """Do what there is to do now, and return; an error in one step must leave the next one possible."""
        ...

    async def drain(self) -> None:
        """Finish what was begun and begin nothing more; called once, before the store closes."""
        ...
