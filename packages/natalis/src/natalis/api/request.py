"""A request as the handlers see it: its headers, what its path says, and a body that is held to a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from natalis.api.problems import MALFORMED, TOO_LARGE, FieldFault, Refusal
from plimsoll.instrument.asgi import Receive, Scope


class Request:
    """One request.

    Args:
        scope: ASGI's.
        receive: ASGI's.
        path_params: What stands where the path of the route has names in braces.
        body_limit: Bytes that its body may have.

    Attributes:
        scope: ASGI's.
        path_params: By name.
    """

    __slots__ = ("_headers", "_limit", "_receive", "path_params", "scope")

    def __init__(self, scope: Scope, receive: Receive, path_params: Mapping[str, str], body_limit: int) -> None:
        self.scope = scope
        self.path_params = path_params
        self._receive = receive
        self._limit = body_limit
        self._headers: Mapping[str, str] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """By their names in lower case; of one that came twice, the first."""
        if self._headers is None:
            raw = reversed(self.scope["headers"])
            self._headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
        return self._headers

    async def body(self) -> bytes:
        """Return the whole body; raises as `stream` does."""
        return b"".join([chunk async for chunk in self.stream()])

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes in.

        Raises:
            Refusal: It is longer than it may be (413), or the client went away before its end.
        """
        told, length, more = self.headers.get("content-length", ""), 0, True
        if told.isdecimal() and int(told) > self._limit:
            raise _too_large()
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Refusal(MALFORMED, "The client went away before the end of its request.")
            chunk: bytes = message.get("body", b"")
            length += len(chunk)
            if length > self._limit:
                raise _too_large()
            more = message.get("more_body", False)
            if chunk:
                yield chunk

    async def gone(self) -> None:
        """Return when the client has gone away; to be asked once the body has been read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _too_large() -> Refusal:
    fault = FieldFault("body", "is too large", "send less at once")
    return Refusal(TOO_LARGE, TOO_LARGE.explained, [fault])
