"""What the harness tells a contender: where the servers are, how many messages, and when they are due."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_PREFIX = "PEERS_"
_DUE_RULE = "PEERS_DUE is an ISO 8601 instant with its offset"


@dataclass(frozen=True, slots=True)
class Situation:
    """One run of one contender.

    Attributes:
        database_url: An empty PostgreSQL database, which the contender owns.
        queue_url: An empty virtual host of RabbitMQ, which it owns.
        provider_url: The HTTP service; `POST /send-email` with an `Idempotency-Key`.
        count: How many messages are due.
        due: When all of them are (UTC). No message may be handed to a worker, let alone posted, before.
        folder: The contender's own, empty before `prepare`, the same in `run`.
    """

    database_url: str
    queue_url: str
    provider_url: str
    count: int
    due: datetime
    folder: Path

    def environment(self) -> dict[str, str]:
        """Return it as environment variables, to be read back by `read`."""
        return {
            "PEERS_DATABASE_URL": self.database_url,
            "PEERS_QUEUE_URL": self.queue_url,
            "PEERS_PROVIDER_URL": self.provider_url,
            "PEERS_COUNT": str(self.count),
            "PEERS_DUE": self.due.isoformat(),
            "PEERS_FOLDER": str(self.folder),
        }

    def until_due(self) -> timedelta:
        """Return how long it is to the instant; zero once it has passed."""
        return max(self.due - now(), timedelta(0))

    def wait_until_due(self) -> None:
        """Block this thread until the instant."""
        while left := self.until_due():
            threading.Event().wait(left.total_seconds())


def read(environ: Mapping[str, str] = os.environ) -> Situation:
    """Return what the harness said.

    Raises:
        ValueError: A variable is not what it should be.
        KeyError: One is missing.
    """
    due = datetime.fromisoformat(environ[f"{_PREFIX}DUE"])
    if due.tzinfo is None:
        raise ValueError(_DUE_RULE)
    return Situation(
        environ[f"{_PREFIX}DATABASE_URL"],
        environ[f"{_PREFIX}QUEUE_URL"],
        environ[f"{_PREFIX}PROVIDER_URL"],
        int(environ[f"{_PREFIX}COUNT"]),
        due,
        Path(environ[f"{_PREFIX}FOLDER"]),
    )


def now() -> datetime:
    """Return the present instant (UTC); the contenders have no clock of ours."""
    return datetime.now(UTC)  # noqa: TID251 - other libraries' environment: Natalis, and its clock, is not there
