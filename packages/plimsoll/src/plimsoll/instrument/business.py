"""What a business goes by, as gauges: each made by the process that knows it: without labels it shows at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from plimsoll.instrument.registry import Mode, Registry

Told: TypeAlias = Callable[[float], None]
"""Takes the present value; it stands until the next."""


def active_users(registry: Registry) -> Told:
    """Make `active_users_total`: how many people use the service."""
    return registry.gauge("active_users_total", "People who are there to be served.", mode=Mode.LATEST).at().set


def satisfaction(registry: Registry) -> Told:
    """Make `user_satisfaction_score`: a mean rating."""
    return registry.gauge("user_satisfaction_score", "Mean rating, 1 to 5; 0 without any.", mode=Mode.LATEST).at().set


def completion(registry: Registry) -> Told:
    """Make `task_completion_ratio`: done of due, 1 while nothing was due."""
    explained = "Done of due, 0 to 1; 1 while nothing was due."
    ratio = registry.gauge("task_completion_ratio", explained, mode=Mode.LATEST).at()
    ratio.set(1)
    return ratio.set


def accuracy(registry: Registry, read: Callable[[], float]) -> None:
    """Make `data_accuracy_ratio`, read at every scrape: what was done right of what was done, 0 to 1."""
    explained = "Done in tolerance of done, since the start; 1 without any."
    registry.level("data_accuracy_ratio", explained, read, mode=Mode.MEAN)


class Connections:
    """`active_connections`: what is open or lent at the moment of a scrape, by type."""

    __slots__ = ("_active",)

    def __init__(self, registry: Registry) -> None:
        self._active = registry.gauge(
            "active_connections", "Connections in use: requests being answered, and connections lent.", "type"
        )

    def watch(self, kind: str, count: Callable[[], int]) -> None:
        """Have connections of a type counted at every scrape."""
        self._active.at(kind).set_function(count)
