"""How a process holds its connections: how many, for how long, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """How many connections, and every time-out there is.

    Attributes:
        most: At most this many connections to each server.
        least: This many are opened at once and kept.
        idle: A connection beyond those is closed after being unused for this long.
        acquire: How long a call waits for a free connection.
        statement: How long one statement may take on the primary.
        replica_statement: How long one statement may take on the replica.
        stalled: How long a transaction of ours may stand still before the server ends it: a process that was stopped
            in the middle must not hold its rows.
    """

    most: int = 10
    least: int = 1
    idle: timedelta = timedelta(seconds=30)
    acquire: timedelta = timedelta(seconds=2)
    statement: timedelta = timedelta(seconds=10)
    replica_statement: timedelta = timedelta(seconds=5)
    stalled: timedelta = timedelta(seconds=10)


API_POOL = PoolOptions(most=40, least=10)
"""For a process that answers many people at once."""
WORKER_POOL = PoolOptions(most=10)
"""For planner, dispatcher, worker and reaper: they take turns with few connections."""
