"""What stands at one path: an answer to each method, a refusal of the others, and every error as a problem."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from natalis.api.gate import Gate
from natalis.api.operation import Asked, Handler, Operation, empty
from natalis.api.problems import METHOD, Refusal
from natalis.api.refusals import refuse
from plimsoll.instrument.requests.asgi import Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Answering:
    """An operation with what answers it.

    Attributes:
        operation: Which.
        handler: What answers.
        body_limit: Bytes that a body may have.
    """

    operation: Operation
    handler: Handler
    body_limit: int


class Place:
    """What Starlette calls where a path leads, as ASGI has it.

    One for all methods of a path: a route for each would name only its own in `Allow`.

    Args:
        here: The operations of this path.
        gate: Stands before them.
    """

    def __init__(self, here: Iterable[Answering], gate: Gate) -> None:
        self._by_method = {each.operation.method.value: each for each in here}
        also = ["HEAD"] if "GET" in self._by_method else []  # the shell asks with GET for it
        self._allow = {"Allow": ", ".join(sorted([*self._by_method, *also, "OPTIONS"]))}
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await self._response(scope, receive)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            response = refuse(scope, error)
        await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> Response:
        method: str = scope["method"]
        found = self._by_method.get(method)
        if found is not None:
            request = Asked(scope, receive, found.operation, found.body_limit)
            await self._gate.admit(request)
            return await found.handler(request)
        if method == "OPTIONS":
            return empty(headers=self._allow)
        raise Refusal(METHOD, METHOD.explained, headers=self._allow)
