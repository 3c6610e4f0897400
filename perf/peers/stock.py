"""The messages that the peers are to send: a narrow table, made ahead, and read once they are due."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import psycopg  # type: ignore[import-not-found]  # is in .venvs/peers

from perf.peers.situation import Situation

# As narrow as it can be, without an index on what changes, and with room on each page, so that a mark is a heap-only
# update of one row found by its key: the cheapest durable `sent` that PostgreSQL has for a row.
_TABLE = """
    CREATE TABLE messages (
        id bigint PRIMARY KEY,
        email text NOT NULL,
        message text NOT NULL,
        due_at timestamptz NOT NULL,
        sent_at timestamptz
    ) WITH (fillfactor = 50)
"""
_DUE = "SELECT id, email, message FROM messages WHERE due_at <= now() AND sent_at IS NULL AND id %% %s = %s"
_FIRST_NAMES = ("Ada", "Emil", "Noor", "Yuki", "Zoë", "Kwame", "Lucía", "Ivan", "Mei", "Tove", "Amara")
_LAST_NAMES = ("Lovelace", "Nguyen", "García", "Okafor", "Tanaka", "Müller", "Singh", "Silva", "Kim", "Novák")
_AT_ONCE = 1_000
_HEADERS = {"Content-Type": "application/json", "User-Agent": "peer"}

PATH = "/send-email"


class Message(NamedTuple):
    """One message; what a job carries, so that no worker has to read it from the database."""

    number: int
    email: str
    text: str

    @property
    def body(self) -> bytes:
        """The call's body."""
        return json.dumps({"email": self.email, "message": self.text}, ensure_ascii=False).encode()

    @property
    def headers(self) -> dict[str, str]:
        """The call's headers."""
        return {**_HEADERS, "Idempotency-Key": str(self.number)}


def lay(situation: Situation) -> None:
    """Make the table and the messages; nothing that is measured."""
    with psycopg.connect(situation.database_url, autocommit=True) as connection:
        connection.execute(_TABLE)
        with connection.cursor().copy("COPY messages (id, email, message, due_at) FROM STDIN") as copy:
            for message in every(situation.count):
                copy.write_row((*message, situation.due))


def every(count: int) -> Iterator[Message]:
    """Return all messages, made by rule; each reads as Natalis writes it."""
    for number in range(count):
        name = f"{_FIRST_NAMES[number % len(_FIRST_NAMES)]} {_LAST_NAMES[number % len(_LAST_NAMES)]}"
        yield Message(
            number, f"{number * 2654435761 % 2**32:08x}.{number}@example.org", f"Hey, {name} it's your birthday"
        )


def due(situation: Situation, *, part: int = 0, of: int = 1) -> Iterator[Sequence[Message]]:
    """Wait for the instant, then return what is due, some at a time, from the database.

    Args:
        situation: The run.
        part: Which share of the messages, from 0.
        of: How many shares there are.
    """
    with psycopg.connect(situation.database_url) as connection, connection.cursor(name="due") as cursor:
        situation.wait_until_due()
        cursor.execute(_DUE, (of, part))
        while rows := cursor.fetchmany(_AT_ONCE):
            yield [Message(*row) for row in rows]
