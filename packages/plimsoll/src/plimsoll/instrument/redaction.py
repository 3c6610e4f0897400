"""What must not reach a log: secrets and addresses, found by the name of their field and by how they look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REDACTED = "[redacted]"
_SECRET_NAMES = re.compile(r"authorization|password|passwd|secret|token|cookie|api[_.-]?key|e?mail", re.IGNORECASE)
_PATTERNS = (
    (re.compile(r"nat_[A-Za-z0-9_-]{43}"), REDACTED),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+"), rf"\1 {REDACTED}"),
    (re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^\s/@]+@"), rf"\g<scheme>{REDACTED}@"),
    (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+"), REDACTED),
)


def redacted_text(text: str) -> str:
    """Return a text without anything that looks like a token, a password in a URL or an address."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def redacted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields with the values of telling names left out, however deep, and every text cleaned."""
    return {name: REDACTED if _SECRET_NAMES.search(name) else _value(value) for name, value in fields.items()}


def _value(value: Any) -> Any:
    match value:
        case str():
            return redacted_text(value)
        case Mapping():
            return redacted(value)
        case list() | tuple():
            return [_value(item) for item in value]
        case _:
            return value
