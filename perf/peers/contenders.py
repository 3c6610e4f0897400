"""The contenders: who takes part, on which Python, and where each keeps its `sent`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
SQLITE_FILE = "natalis.db"

_OURS = Path(sys.executable)
_THEIRS = ROOT / ".venvs" / "peers" / "bin" / "python"
_MESSAGES = "SELECT id::text, sent_at FROM messages WHERE sent_at IS NOT NULL"
_DELIVERIES = "SELECT user_id || ':' || kind || ':' || occasion_date, finished_at FROM deliveries WHERE status = 'sent'"
_DELIVERIES_IN_SQLITE = "SELECT key, sent_at FROM deliveries WHERE sent_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Contender:
    """One that does the work.

    Attributes:
        name: What tables call it.
        about: What it is, in a few words.
        program: What runs it; it is given `prepare` (make the messages), `run` (do the work) or `settings`.
        sent: The query for every message that is marked `sent`: its idempotency key, and when it was sent (UTC).
        slowest_start: How long `prepare` and the start of `run` take together, at most and without messages.
        for_each: And for each message.
        own_file: Whether the database is a SQLite file in its folder, and not PostgreSQL.
        knobs: What is turned in it, as `name=value name=value`; nothing but in trials.
    """

    name: str
    about: str
    program: tuple[str, ...]
    sent: str = _MESSAGES
    slowest_start: timedelta = timedelta(seconds=8)
    for_each: timedelta = timedelta(microseconds=50)
    own_file: bool = False
    knobs: str = ""

    def turned(self, knobs: str) -> Contender:
        """Return it with knobs turned, and named so."""
        return replace(self, name=f"{self.name} {knobs}", knobs=knobs) if knobs else self

    def lead(self, count: int) -> timedelta:
        """Return how far ahead of the instant to begin."""
        return self.slowest_start + count * self.for_each


def _ours(name: str, about: str, variant: str, sent: str, *, own_file: bool = False) -> Contender:
    program = (str(_OURS), "-m", "perf.peers.natalis_contender", variant)
    return Contender(name, about, program, sent, timedelta(seconds=12), timedelta(microseconds=250), own_file)


def _theirs(name: str, about: str, for_each: timedelta = timedelta(microseconds=50)) -> Contender:
    return Contender(name, about, (str(_THEIRS), "-m", f"perf.peers.{name}_contender"), for_each=for_each)


CONTENDERS = (
    _ours("natalis", "planner, dispatcher and workers on PostgreSQL and RabbitMQ", "fleet", _DELIVERIES),
    _theirs("celery", "Celery on RabbitMQ"),
    _theirs("dramatiq", "Dramatiq on RabbitMQ"),
    _theirs("taskiq", "taskiq on RabbitMQ"),
    _theirs("procrastinate", "Procrastinate on PostgreSQL", timedelta(microseconds=250)),
    _theirs("pgqueuer", "PgQueuer on PostgreSQL", timedelta(microseconds=100)),
    _ours("natalis-alone", "natalis up on PostgreSQL, without a broker", "alone", _DELIVERIES),
    _ours("natalis-sqlite", "natalis up on SQLite, without a server", "sqlite", _DELIVERIES_IN_SQLITE, own_file=True),
)
