"""A message: what a provider is asked to carry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from natalis.domain.delivery import DeliveryKey

_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\ud800-\udfff]")


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
        traceparent: Whose part the call is, as W3C Trace Context writes it; empty while nothing is traced.
    """

    key: DeliveryKey
    email: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    traceparent: str = ""


def flaw_in(message: Message) -> str | None:
    """Say why no provider may carry a message, or None when all is well.

    A line break in what becomes a header would let a name or an address write headers of its own, so every provider
    asks this before it makes a call.
    """
    lines = [str(message.key), message.email, message.subject, *message.headers, *message.headers.values()]
    if all(line.isprintable() for line in lines):
        return None
    if any(_CONTROL.search(line) for line in lines):
        return "its address, subject or a header holds a line break or another control character"
    return None
