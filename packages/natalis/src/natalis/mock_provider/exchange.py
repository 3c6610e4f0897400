"""What goes through the door: a request as it came, and the reply to it as bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

_REASONS = MappingProxyType({int(status): status.phrase for status in HTTPStatus})
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        method: As in `POST`.
        path: Without the query.
        query: Without its question mark.
        key: Its idempotency key; empty for none.
        body: All of it.
    """

    method: str
    path: str
    query: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in JSON.

    Attributes:
        status: The HTTP status.
        body: The body; of one that comes in parts, the first.
        retry_after: The header of that name.
        rest: The other parts of the body, where it comes in parts.
    """

    status: int
    body: bytes
    retry_after: str | None = None
    rest: AsyncIterator[bytes] | None = None

    def encoded(self, *, keeps: bool) -> bytes:
        """Return the head with the body, or its first part, behind it; `keeps` says whether the connection stays."""
        extra = b"" if keeps else b"Connection: close\r\n"
        if self.retry_after is not None:
            extra += b"Retry-After: %b\r\n" % self.retry_after.encode()
        if self.rest is None:
            framed = b"Content-Length: %d\r\n%b\r\n%b" % (len(self.body), extra, self.body)
        else:
            framed = b"%b%b\r\n%b" % (_CHUNKED, extra, chunk(self.body))
        line = b"HTTP/1.1 %d %b\r\n" % (self.status, _REASONS.get(self.status, "").encode())
        return line + b"Content-Type: application/json\r\n" + framed


@dataclass(frozen=True, slots=True)
class Cut:
    """No answer: the connection is reset."""


def chunk(part: bytes) -> bytes:
    """Return a part of a body as it is framed (RFC 9112 section 7.1); of an empty one nothing: it would be the end."""
    return b"%x\r\n%b\r\n" % (len(part), part) if part else b""
