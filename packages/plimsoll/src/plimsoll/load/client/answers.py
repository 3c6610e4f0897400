"""An answer as it comes in, in packets of any size: its head, its body as far as it is kept, and where it ends.

Knows nothing of sockets and time. One reader serves a connection from answer to answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from plimsoll.load.client.failures import Failed, Failure
from plimsoll.load.client.headers import Headers

HEAD_LIMIT: Final = 256 * 1024  # bytes; servers refuse far smaller ones from us
_SWITCHING: Final = 101
_FINAL: Final = 200
_END: Final = b"\r\n\r\n"


class AnswerReader:
    """Reads answers; `begin` before each, then `feed` until it says that all is there.

    The headers are not taken apart here: most answers of a load test are never asked for theirs.

    Args:
        keep: The most bytes of a body that are kept; 0 to count and drop them all.

    Attributes:
        status: Of the answer.
        head: Status line and headers, as they came.
        body: As it came, without framing; empty where it was not kept.
        size: How many bytes the body has.
        is_too_large: Whether the body was longer than what is kept.
        is_whole: Whether all of the answer is there.
        keep_alive: Whether another request may follow on the connection.
        may_go_on: Whether the server gave leave to send the body.
    """

    __slots__ = (
        "_chunks",
        "_headed",
        "_is_bodiless",
        "_keep",
        "_parser",
        "body",
        "head",
        "is_too_large",
        "is_whole",
        "keep_alive",
        "may_go_on",
        "on_body",
        "size",
        "status",
    )

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._chunks: list[bytes] = []
        self.on_body: Callable[[bytes], None] = self._chunks.append  # the parser calls it; no Python in between
        self._parser = HttpResponseParser(self)
        self.begin(is_bodiless=False)

    def begin(self, *, is_bodiless: bool) -> None:
        """Expect an answer.

        Args:
            is_bodiless: Whether it has no body whatever its headers say, as the answer to HEAD.
        """
        self._is_bodiless = is_bodiless
        self._headed = self.is_whole = self.keep_alive = self.is_too_large = self.may_go_on = False
        self.head: bytes | bytearray = b""
        self.body: bytes | bytearray = b""
        self.size = self.status = 0

    def feed(self, data: bytes) -> bool:
        """Take what came and return whether the answer is whole.

        Raises:
            Failed: It is not HTTP, or its head is too large.
        """
        if not self._headed:
            self._hold(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self.keep_alive = False
        except HttpParserError as error:
            if not self.is_whole:
                raise Failed(Failure.BAD_RESPONSE, f"{error}: {bytes(self.head[:60])!r}") from error
            self.keep_alive = False  # what follows a whole answer is no answer
        if self._chunks:
            self._after_chunks()
        if not self.is_whole:
            self._check_head()
        elif self._is_bodiless:
            self._parser = HttpResponseParser(self)  # the old one waits for a body
        return self.is_whole

    def end(self) -> None:
        """Take the end of the connection for the end of the body, where that is how it ends.

        Raises:
            Failed: The answer is not whole.
        """
        headers = Headers.read(bytes(self.head)) if self._headed else Headers(())
        if not self._headed or "content-length" in headers or "chunked" in headers.get("transfer-encoding", ""):
            what = f"after {self.size} bytes of the body" if self._headed else "before the end of the headers"
            what = what if self.head else "before an answer"
            raise Failed(Failure.CONNECTION_CLOSED, f"the server closed the connection {what}")
        self._complete()

    def give_up(self) -> None:
        """Take what is there for all there is to come; a head without its end is none."""
        self.keep_alive = False
        if not self.is_whole:
            self.head = bytes(self.head).lstrip(b"\r\n").partition(_END)[0] if self._headed else b""
            self.body = bytes(self.body)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self.is_whole:
            self.keep_alive = False

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._headed = True
        self.status = self._parser.get_status_code()
        if self._is_bodiless and self.status >= _FINAL:
            self._complete()
            self.keep_alive = _is_kept_alive(self.head)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self.is_whole:
            return
        if self.status < _FINAL and self.status != _SWITCHING:
            self._after_interim()
        else:
            self._complete()
            self.keep_alive = self._parser.should_keep_alive()

    def _hold(self, data: bytes) -> None:
        if not self.head:
            self.head = data
        elif isinstance(self.head, bytearray):
            self.head += data
        else:
            self.head = bytearray(self.head + data)

    def _check_head(self) -> None:
        if not self._headed and len(self.head) > HEAD_LIMIT:
            raise Failed(Failure.HEADERS_TOO_LARGE, f"no end of the headers within {HEAD_LIMIT} bytes")

    def _after_interim(self) -> None:
        self.may_go_on = True
        self._headed = False
        _, _, self.head = bytes(self.head).lstrip(b"\r\n").partition(_END)

    def _complete(self) -> None:
        self.is_whole = True
        head = bytes(self.head).lstrip(b"\r\n")
        self.head = head[: head.find(_END)]
        chunks = self._chunks
        if len(chunks) == 1 and not self.size and len(chunks[0]) <= self._keep:
            self.body = chunks.pop()
            self.size = len(self.body)
        elif chunks:
            self._gather()
        if type(self.body) is bytearray:
            self.body = bytes(self.body)

    def _after_chunks(self) -> None:
        if not self.is_whole:
            self._gather()
        else:  # a body after HEAD, or of an answer that nobody asked for
            self._chunks.clear()
            self.keep_alive = False

    def _gather(self) -> None:
        """Keep or count what the parser handed over; once in a packet, for chunks may be a byte each."""
        came = b"".join(self._chunks)
        self._chunks.clear()
        self.size += len(came)
        if self.size > self._keep:
            self.is_too_large = self._keep > 0
            self.body = b""
        elif isinstance(self.body, bytearray):
            self.body += came
        else:
            self.body = bytearray(came)


def _is_kept_alive(head: bytes | bytearray) -> bool:
    """Say so for an answer to HEAD; the parser says no where a body would end with the connection."""
    said = Headers.read(bytes(head)).get("connection", "").lower()
    return "close" not in said and (head.startswith(b"HTTP/1.1") or "keep-alive" in said)
