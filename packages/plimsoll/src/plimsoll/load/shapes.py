"""How many users a ramping scenario has, and when each comes and goes; which stage an instant is in. Pure.

As k6 does it: on the way up a user comes when the line reaches its number, on the way down one goes when the line has
come down to the number of those that stay.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from plimsoll.load.scenarios import Stage

_SECOND = 1_000_000_000


class Step(NamedTuple):
    """From an instant on there are so many users.

    Attributes:
        at: Nanoseconds after the scenario's start.
        users: How many.
    """

    at: int
    users: int


def steps_of(start: int, stages: Sequence[Stage]) -> Iterator[Step]:
    """Yield when the number of users changes, one user at a time but where a stage lasts no time; the start first."""
    users, begins = start, 0.0
    yield Step(0, users)
    for stage in stages:
        lasts, target = stage.lasts.total_seconds(), math.floor(stage.target)
        yield from _ramp(users, target, begins, lasts)
        users, begins = target, begins + lasts


def _ramp(users: int, target: int, begins: float, lasts: float) -> Iterator[Step]:
    if users == target:
        return
    if lasts <= 0:
        yield Step(round(begins * _SECOND), target)
        return
    way = 1 if target > users else -1
    for each in range(users + way, target + way, way):
        yield Step(round((begins + lasts * (each - users) / (target - users)) * _SECOND), each)


def most_users(start: int, stages: Sequence[Stage]) -> int:
    """Return the most users there ever are."""
    return max([start, *(math.floor(stage.target) for stage in stages)])


def ends_of(stages: Sequence[Stage]) -> tuple[int, ...]:
    """Return when each stage ends, in nanoseconds after the scenario's start."""
    return tuple(accumulate(round(stage.lasts.total_seconds() * _SECOND) for stage in stages))
