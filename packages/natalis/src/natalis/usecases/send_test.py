"""Send a test: one real message of a kind, through the real provider, to an address that an operator gives."""

from __future__ import annotations

from dataclasses import dataclass

from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message
from natalis.domain.occasion import BIRTHDAY
from natalis.domain.outcome import Outcome
from natalis.domain.rulebook import Rulebook
from natalis.domain.writing import Writer
from natalis.ports.clock import Clock
from natalis.ports.provider import Provider
from natalis.usecases.manage_users import uuid7
from natalis.usecases.preview_message import sample_profile


@dataclass(frozen=True, slots=True)
class SentTest:
    """What was sent, and what came of it."""

    message: Message
    outcome: Outcome


class SendTest:
    """Sends test messages; no delivery is stored, and none is retried.

    Args:
        writer: Writes as the worker does.
        provider: Carries the message.
        clock: Tells the time.
        book: Knows the kinds.
    """

    def __init__(self, writer: Writer, provider: Provider, clock: Clock, book: Rulebook) -> None:
        self._writer = writer
        self._provider = provider
        self._clock = clock
        self._book = book

    async def to(self, email: str, kind: str = BIRTHDAY, *, locale: str | None = None) -> SentTest:
        """Send the message that a sample person would get today to `email`.

        Its idempotency key is new each time, so that a provider which recognises repeats sends every test; its links
        lead to no user.

        Raises:
            InvalidInput: The address, the kind or the language tag cannot be right.
        """
        self._book.rule(kind)
        profile = sample_profile(email, locale)
        now = self._clock.now()
        message = self._writer.write(DeliveryKey(uuid7(now), kind, now.date()), profile)
        return SentTest(message, await self._provider.send(message))
