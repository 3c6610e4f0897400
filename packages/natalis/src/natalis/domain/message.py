"""A message: what a provider is asked to carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from natalis.domain.delivery import DeliveryKey


@dataclass(frozen=True, slots=True)
class Message:
    """What a provider is asked to carry.

    Attributes:
        key: The delivery; its written form is the idempotency key.
        email: Where to.
        subject: One line, without control characters.
        text: Plain text.
        html: The same as HTML, every value escaped; None for a text-only message.
        headers: E-mail headers such as `List-Unsubscribe` (RFC 8058).
    """

    key: DeliveryKey
    email: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
