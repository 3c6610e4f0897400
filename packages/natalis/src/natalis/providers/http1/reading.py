"""From bytes to answers: one reader for each connection, without any I/O.

The syntax is judged by httptools (llhttp, the parser of Node.js) in its strict mode. What is counted here is what it
does not limit: the head, the body, and everything around them.
"""

from __future__ import annotations

from http import HTTPStatus

import httptools

from natalis.providers.answer import Answer

HEAD_LIMIT = 64 * 1024
"""Bytes that may come before the body, provisional answers (1xx) included."""
BODY_LIMIT = 64 * 1024
"""Bytes of a body that are read; one that is longer counts as unreadable."""
_WHOLE_LIMIT = 16 * BODY_LIMIT  # with the framing of chunks, which a server may make as small and as long as it likes


class BrokenAnswer(Exception):
    """What came is no answer, or ended before anything could be told of it."""


class AnswerReader:
    """Reads the answers of one connection, one after another.

    Attributes:
        keeps: Whether the connection may carry another call once the answer has been read.
    """

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._retry_after: str | None = None
        self.begin()

    def begin(self) -> None:
        """Expect the answer to a new call."""
        self.keeps = False
        self._received = 0
        self._size = 0
        self._body: list[bytes] = []
        self._complete = False
        self._forget_head()

    def feed(self, data: bytes) -> Answer | None:
        """Take bytes in; return the answer once it has been read, or is too long to be.

        Raises:
            BrokenAnswer: It is no HTTP, or its head is too long.
        """
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            return self._surplus_or_broken(str(error) or type(error).__name__)
        if self._complete:
            return Answer(self._status, b"".join(self._body), self._retry_after)
        if not self._status and self._received > HEAD_LIMIT:
            raise BrokenAnswer("the head of the answer is too long")
        if self._size > BODY_LIMIT or self._received > _WHOLE_LIMIT:
            return self.cut()
        return None

    def end(self) -> Answer:
        """Return what the answer is now that the connection has ended.

        Raises:
            BrokenAnswer: Nothing can be told of it.
        """
        if self._status and not self._is_framed:
            return Answer(self._status, b"".join(self._body), self._retry_after)
        answer = self.cut()
        if answer is None:
            raise BrokenAnswer("the connection ended before the answer")
        return answer

    def cut(self) -> Answer | None:
        """Return what is known of an answer that is not read to its end; None before its head was."""
        self.keeps = False
        return Answer(self._status, None, self._retry_after) if self._status else None

    def on_message_begin(self) -> None:
        """Take note of a message, as the parser calls it; a second answer was not asked for."""
        if self._complete:
            self.keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take note of a header; of a trailer, nothing."""
        if self._status:
            return
        match name.lower():
            case b"retry-after":
                self._retry_after = self._retry_after or value.decode("latin-1")
            case b"content-length":
                self._has_length = True
            case b"transfer-encoding":
                self._encoding = value

    def on_headers_complete(self) -> None:
        """Take note of the end of a head."""
        status = self._parser.get_status_code()
        if status >= HTTPStatus.OK and not self._complete:
            self._status = status

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body in."""
        self._size += len(data)
        if self._size <= BODY_LIMIT and not self._complete:
            self._body.append(data)

    def on_message_complete(self) -> None:
        """Take note of the end of a message; behind a provisional one (1xx) the answer is yet to come."""
        if not self._status:
            self._forget_head()
        elif not self._complete:
            self._complete = self._size <= BODY_LIMIT
            self.keeps = self._parser.should_keep_alive()

    @property
    def _is_framed(self) -> bool:
        """Whether an answer says where it ends; one that does not ends with its connection (RFC 9112 section 6.3)."""
        if self._encoding:
            return self._encoding.lower().rpartition(b",")[2].strip() == b"chunked"
        return self._has_length

    def _forget_head(self) -> None:
        self._status = 0
        self._retry_after = None
        self._has_length = False
        self._encoding = b""

    def _surplus_or_broken(self, problem: str) -> Answer:
        if not self._complete:
            raise BrokenAnswer(f"the answer cannot be read: {problem}")
        self.keeps = False
        return Answer(self._status, b"".join(self._body), self._retry_after)
