"""What came of a request: the answer or the failure, and when what happened."""

from __future__ import annotations

from typing import Any

import msgspec

from plimsoll.load.client.failures import Failed, Failure
from plimsoll.load.client.headers import Headers
from plimsoll.load.client.request import Request


class Exchange(msgspec.Struct, eq=False):
    """A request and its answer. All times are nanoseconds; instants are those of `time.perf_counter_ns`.

    Durations are k6's: `blocked` holds all that came before the request could be sent, and `duration` all that came
    after. Times that were not reached are zero.

    Attributes:
        request: What was asked; of a redirect, what it led to.
        url: Where it went, without credentials; empty where the address was none.
        status: Of the answer; 0 while there is none.
        error: Why there is no answer, or none that can be used; an answer with status 500 is an answer.
        detail: What happened, for a person; empty without an error.
        head: Status line and headers, as they came.
        body: Unpacked; empty where it was not kept.
        body_size: The bytes of the body as they came: packed, without the framing.
        tls_version: For example `TLSv1.3`; empty for none.
        address: Where the connection went; empty where there was none.
        sent: Bytes of the request.
        received: Bytes of the answer.
        reused: Whether the connection had served before.
        looking_up: How long looking up the name took; 0 on a connection that was there, as the next two.
        connecting: How long connecting took.
        tls: How long the TLS handshake took.
        started: When the client was asked.
        ready: When there was a connection.
        sent_at: When the last byte of the request had been handed to the system.
        first_at: When the first byte of the answer was there.
        finished: When the last one was, or when it failed.
        retried: Whether it was sent again on a fresh connection, for the first was closed while it lay idle.
        hops: The redirects that led here, in order, each an exchange of its own.
    """

    request: Request
    started: int = 0
    url: str = ""
    status: int = 0
    error: Failure | None = None
    detail: str = ""
    head: bytes = b""
    body: bytes = b""
    body_size: int = 0
    tls_version: str = ""
    address: str = ""
    sent: int = 0
    received: int = 0
    reused: bool = False
    looking_up: int = 0
    connecting: int = 0
    tls: int = 0
    ready: int = 0
    sent_at: int = 0
    first_at: int = 0
    finished: int = 0
    retried: bool = False
    hops: tuple[Exchange, ...] = ()

    @property
    def blocked(self) -> int:
        """Waiting for a connection slot, looking up, connecting and shaking hands."""
        return (self.ready or self.finished) - self.started

    @property
    def sending(self) -> int:
        """Handing the request to the system; it ends early where the answer comes before."""
        if not self.ready:
            return 0
        return min(self.sent_at or self.finished, self.first_at or self.finished) - self.ready

    @property
    def waiting(self) -> int:
        """From the last byte sent to the first byte received."""
        if not self.sent_at:
            return 0
        return max(0, (self.first_at or self.finished) - self.sent_at)

    @property
    def receiving(self) -> int:
        """From the first byte received to the last."""
        return self.finished - self.first_at if self.first_at else 0

    @property
    def duration(self) -> int:
        """Sending, waiting and receiving: what k6 calls `http_req_duration`."""
        return self.finished - self.ready if self.ready else 0

    @property
    def protocol(self) -> str:
        """For example `HTTP/1.1`; empty without an answer."""
        return self.head[:8].decode("latin-1")

    @property
    def headers(self) -> Headers:
        """The answer's headers, read when they are asked for."""
        return Headers.read(self.head)

    @property
    def text(self) -> str:
        """The body as text, in UTF-8; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            ValueError: It is none.
        """
        return msgspec.json.decode(self.body)

    def fail(self, failed: Failed) -> None:
        """Say that it failed."""
        self.error, self.detail = failed.failure, failed.detail
