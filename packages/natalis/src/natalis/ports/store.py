"""A store: one value that bundles the views of it, each a small protocol of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from natalis.ports.census import Census
from natalis.ports.desk import Desk
from natalis.ports.facts import Facts, Feedback
from natalis.ports.inbox import Inbox
from natalis.ports.ledger import History, Ledger
from natalis.ports.outbox import Outbox
from natalis.ports.people import People
from natalis.ports.plans import Plans
from natalis.ports.recovery import Recovery
from natalis.ports.suppressions import Suppressions
from natalis.ports.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Pool:
    """Connections to one server, or to one file for one purpose.

    Attributes:
        name: Which: `primary`, `replica`, `writer`, `readers`.
        in_use: How many are lent at this moment.
        most: How many there may be.
        behind: How far the server was behind the primary when it was last asked; None where it is no replica.
    """

    name: str
    in_use: int
    most: int
    behind: timedelta | None = None


class Connection(Protocol):
    """The store as a dependency."""

    async def ping(self) -> None:
        """Read and return; raises `StoreUnavailable`."""
        ...

    def pools(self) -> Sequence[Pool]:
        """Return how many connections are in use; always the same pools, in the same order. Asks nobody."""
        ...

    async def maintain(self, *, today: date, keep: timedelta | None) -> Sequence[str]:
        """Make ready what will be needed, and let go of deliveries older than `keep` where the store can (None: never).

        To be called now and then, by any number of processes; returns what was done, a sentence each.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun, then let go of every file and connection."""
        ...


class Changes(Protocol):
    """What others write, of a store that can tell them from the process that asks."""

    async def changed_elsewhere(self) -> bool:
        """Return whether another process wrote since the last call; what was cached before is then stale."""
        ...


@dataclass(frozen=True, slots=True)
class Store:
    """Everything a store offers; made by `stores/NAME/` and passed on piece by piece.

    `changes` is None where the store cannot tell: a fleet's processes forget together, through their cache.
    """

    connection: Connection
    people: People
    plans: Plans
    outbox: Outbox
    inbox: Inbox
    recovery: Recovery
    ledger: Ledger
    history: History
    desk: Desk
    suppressions: Suppressions
    tokens: Tokens
    facts: Facts
    feedback: Feedback
    census: Census
    changes: Changes | None = None
