"""Teaches schemathesis to send rows."""

from __future__ import annotations

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson", "application/ndjson", "application/jsonl", "text/csv", "text/vcard")
def rows(_: Any, value: Any) -> bytes:
    """Send a text as it is, and anything else as a line of JSON."""
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value, default=str).encode()
