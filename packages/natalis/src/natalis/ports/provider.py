"""What carries a message out."""

from __future__ import annotations

from typing import Protocol

from natalis.domain.message import Message
from natalis.domain.outcome import Outcome


class Provider(Protocol):
    """Carries messages; every answer is a value."""

    @property
    def name(self) -> str:
        """What metrics, logs and the breaker call it."""
        ...

    @property
    def recognises_repeats(self) -> bool:
        """Whether a repeated idempotency key is delivered once only, so that an unknown outcome may be retried."""
        ...

    async def send(self, message: Message) -> Outcome:
        """Make one call, bounded by the provider's own time-out; never raises but for cancellation."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
