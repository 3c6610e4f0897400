"""What must not reach a log, a trace or an error report: secrets and addresses, by their field's name and by looks."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

REDACTED: Final = "[redacted]"
_NAMES = r"authorization|password|passwd|secret|token|cookie|api[_.-]?key"
_SECRET_NAMES = re.compile(rf"{_NAMES}|e?mail", re.IGNORECASE)
_SCHEMES = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+")
# The looks behind let a match begin at the first letter only: without them a long text with one @ takes its square.
_USER_IN_URL = re.compile(r"(?i)(?<![a-z0-9+.-])(?P<scheme>[a-z0-9+.-]+://)[^\s/@]+@")
_LOCAL = r"\w.!#$%&'*+/=?^`{|}~-"
_ADDRESS = re.compile(rf"(?<![{_LOCAL}])[{_LOCAL}]+@[\w-]+(?:\.[\w-]+)+")
_ASSIGNED = re.compile(rf"(?i)((?:{_NAMES})\w{{0,40}}=)(?:\"[^\"]*\"|'[^']*'|[^\s&\"',;)\]}}]+)")
_QUOTED = re.compile(rf"(?i)([\"'][\w.-]{{0,40}}(?:{_NAMES})[\w.-]{{0,40}}[\"']\s*:\s*)(\"[^\"]*\"|'[^']*')")
_WHOLE_HEADER = re.compile(r"(?i)\b((?:authorization|(?:set-)?cookie):[ \t]*)[^\r\n\"']+")
_NAMED = re.compile(r"(?i)((?:password|passwd|secret|token|api[_.-]?key):[ \t]+)[^\s\"']+")
_STEMS = ("passw", "secret:", "token:", "key:")
_WEB_TOKEN = re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")  # a JSON web token: `eyJ` is `{"` in base64
_HARMLESS = (bool, int, float, type(None))


class Redaction:
    """Takes secrets and addresses out of texts and fields.

    Args:
        prefixes: What this service's own tokens begin with, such as `nat_`.
    """

    __slots__ = ("_own", "_prefixes")

    def __init__(self, prefixes: Sequence[str] = ()) -> None:
        self._prefixes = tuple(prefixes)
        either = "|".join(map(re.escape, prefixes))
        self._own = re.compile(rf"(?:{either})[A-Za-z0-9_-]{{16,}}") if prefixes else None

    def text(self, text: str) -> str:
        """Return a text without anything that looks like a token, a password or an address.

        Most texts hold none, and looking for single letters first tells so at a tenth of what the patterns cost.
        """
        if self._own is not None and any(prefix in text for prefix in self._prefixes):
            text = self._own.sub(REDACTED, text)
        lowered = text.lower()
        if "bearer" in lowered or "basic" in lowered:
            text = _SCHEMES.sub(rf"\1 {REDACTED}", text)
        if "eyJ" in text:
            text = _WEB_TOKEN.sub(REDACTED, text)
        if "cookie:" in lowered or "authorization:" in lowered:
            text = _WHOLE_HEADER.sub(rf"\1{REDACTED}", text)
        if ": " in lowered and any(stem in lowered for stem in _STEMS):
            text = _NAMED.sub(rf"\1{REDACTED}", text)
        if "=" in text:
            text = _ASSIGNED.sub(rf"\1{REDACTED}", text)
        if '":' in text or "':" in text:
            text = _QUOTED.sub(rf'\1"{REDACTED}"', text)
        if "@" in text:
            text = _USER_IN_URL.sub(rf"\g<scheme>{REDACTED}@", text)
            text = _ADDRESS.sub(REDACTED, text)
        return text

    def fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return fields with the values of telling names left out, however deep, and every text cleaned."""
        return {name: REDACTED if is_secret(str(name)) else self.value(value) for name, value in fields.items()}

    def value(self, value: Any) -> Any:
        """Return a value that JSON knows, cleaned; of anything else its text."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return self.fields(value)
            case list() | tuple() | set() | frozenset():
                return [self.value(item) for item in value]
            case _ if isinstance(value, _HARMLESS):
                return value
            case bytes():
                return self.text(value.decode(errors="replace"))
            case _:
                return self.text(str(value))


@functools.lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Return whether what a field of this name holds is nobody else's business."""
    return _SECRET_NAMES.search(name) is not None
