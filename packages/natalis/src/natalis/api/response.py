"""An answer: whole, or in pieces as they are made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import cache
from types import MappingProxyType

from plimsoll.instrument.asgi import Send

_NONE: Mapping[str, str] = MappingProxyType({})
_BODILESS = frozenset({204, 304})


class Response:
    """An answer that is sent whole.

    Args:
        body: Its content.
        status: Of HTTP.
        headers: Beside `Content-Type` and `Content-Length`.
        media_type: Of the content; None for what `headers` say, or for no content.
    """

    __slots__ = ("_body", "_head")

    def __init__(
        self,
        body: bytes | str = b"",
        status: int = 200,
        headers: Mapping[str, str] = _NONE,
        media_type: str | None = None,
    ) -> None:
        self._body = body if isinstance(body, bytes) else body.encode()
        head = _head(headers, media_type)
        if status not in _BODILESS:
            head.append((b"content-length", str(len(self._body)).encode()))
        self._head = {"type": "http.response.start", "status": status, "headers": head}

    async def write(self, send: Send) -> None:
        """Send it."""
        await send(self._head)
        await send({"type": "http.response.body", "body": self._body})


class Stream:
    """An answer that is sent in pieces, until it ends or nobody listens any more.

    Args:
        pieces: Closed at the end, however it comes.
        gone: Returns when the client has gone away.
        media_type: Of the content.
    """

    __slots__ = ("_gone", "_media_type", "_pieces")

    def __init__(self, pieces: AsyncGenerator[bytes], gone: Callable[[], Awaitable[None]], media_type: str) -> None:
        self._pieces = pieces
        self._gone = gone
        self._media_type = media_type

    async def write(self, send: Send) -> None:
        """Send it."""
        gone = asyncio.ensure_future(self._gone())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _head(_NONE, self._media_type)})
            async with aclosing(self._pieces) as pieces:
                async for piece in pieces:
                    if gone.done():
                        return
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()


def _head(headers: Mapping[str, str], media_type: str | None) -> list[tuple[bytes, bytes]]:
    head = [(_name(name), value.encode("latin-1")) for name, value in headers.items()]
    if media_type is not None:
        head.append((b"content-type", _content_type(media_type)))
    return head


@cache
def _name(name: str) -> bytes:
    return name.lower().encode("ascii")


@cache
def _content_type(media_type: str) -> bytes:
    return f"{media_type}; charset=utf-8".encode() if media_type.startswith("text/") else media_type.encode()
