"""One declaration of each operation.

Its route is mounted from it, its query is read by it, and `openapi.py` writes its page of the document from it, so that
none of the three can say something else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPMethod
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from natalis.api import problems
from natalis.api.problems import ProblemKind, Refusal
from natalis.api.reading import read_json, read_query
from natalis.ports import tokens
from plimsoll.instrument.requests.asgi import Message, Receive, Scope

Handler: TypeAlias = Callable[["Asked"], Awaitable[Response]]
T = TypeVar("T", bound=Struct)
V = TypeVar("V")
JSON = "application/json"
NDJSON = "application/x-ndjson"
FORM = "application/x-www-form-urlencoded"
HTML = "text/html"
_ENCODER = msgspec.json.Encoder()


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """No query parameters."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a request or an answer, for the document."""

    name: str
    description: str
    example: str


@dataclass(frozen=True, slots=True)
class Success:
    """An answer that is no refusal.

    Attributes:
        description: What it means.
        shape: Its body; None without one.
        headers: What it carries besides.
        media_type: Of the body.
        alternatives: Other bodies by media type, for who asks for them with `Accept`.
        links: Operations that take something of this answer: by their id, a path parameter and where it stands.
    """

    description: str
    shape: type[Struct] | None = None
    headers: tuple[Header, ...] = ()
    media_type: str = JSON
    alternatives: Mapping[str, type[Struct]] = field(default_factory=lambda: MappingProxyType({}))
    links: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Operation:
    """What one operation takes and answers.

    Attributes:
        method: Of HTTP.
        path: With a name in braces for each part that varies: `/user/{user_id}`.
        id: Its `operationId`.
        summary: In one line.
        description: In a few sentences.
        tag: The chapter it belongs to.
        successes: Its answers by status.
        scope: What a token must allow; None when anybody may call.
        query: Its query parameters.
        body: The struct of its body; None without one.
        media_types: What the body may be sent as.
        refusals: Its own problems, besides those that follow from the rest.
        headers: Request headers it honours.
        path_examples: An example and a description of every path parameter.
        one_click: Whether other sites' pages may call it: only what a signed link alone allows.
    """

    method: HTTPMethod
    path: str
    id: str
    summary: str
    description: str
    tag: str
    successes: Mapping[int, Success]
    scope: tokens.Scope | None = tokens.Scope.READ
    query: type[Struct] = NoQuery
    body: type[Struct] | None = None
    media_types: tuple[str, ...] = (JSON,)
    refusals: tuple[ProblemKind, ...] = ()
    headers: tuple[Header, ...] = ()
    path_examples: Mapping[str, tuple[str, str]] | None = None
    one_click: bool = False

    @property
    def problems(self) -> tuple[ProblemKind, ...]:
        """Every problem that it can answer with."""
        kinds = {problems.MALFORMED, problems.INVALID, problems.TOO_FAST, problems.INTERNAL, *self.refusals}
        if self.scope is not None:
            kinds |= {problems.UNAUTHENTICATED, problems.NOT_PERMITTED, problems.UNAVAILABLE}
        if self.body is not None:
            kinds |= {problems.TOO_LARGE, problems.MEDIA}
        if self.method.value not in {"GET", "HEAD"}:
            kinds.add(problems.NOT_PERMITTED)
        return tuple(sorted(kinds, key=lambda kind: (kind.status, kind.slug)))


class Asked(Request):
    """A request for an operation.

    Args:
        scope: ASGI's.
        receive: ASGI's.
        operation: Which.
        body_limit: Bytes that its body may have; reading more raises `Refusal` (413).

    Attributes:
        operation: Which.
    """

    def __init__(self, scope: Scope, receive: Receive, operation: Operation, body_limit: int) -> None:
        super().__init__(scope, _at_most(body_limit, scope, receive))
        self.operation = operation


def _at_most(limit: int, scope: Scope, receive: Receive) -> Receive:
    """Return `receive`, but no longer than the body stays within a limit, whatever its `Content-Length` told.

    Starlette's own limit would answer in plain text.
    """
    left = limit

    async def counted() -> Message:
        nonlocal left
        if left == limit and _told(scope) > limit:
            raise _too_large()
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _too_large()
        return message

    return counted


def _told(scope: Scope) -> int:
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(told) if told.isdigit() else 0


def _too_large() -> Refusal:
    fault = problems.FieldFault("body", "is too large", "send less at once")
    return Refusal(problems.TOO_LARGE, problems.TOO_LARGE.explained, [fault])


def query_of(request: Asked, shape: type[T]) -> T:
    """Return the query of a request as its operation's shape; refuses what it does not know."""
    return read_query(request.scope["query_string"], shape)


def given(value: V | UnsetType) -> V | None:
    """Return what was given, or None: in a query `null` is a text like any other, so absence has a value of its own."""
    return None if value is UNSET else value


async def body_of(request: Asked, shape: type[T]) -> T:
    """Return the JSON body of a request; refuses what it does not know, and bodies that are not sent as JSON."""
    check_media_type(request)
    return read_json(await request.body(), shape)


def check_media_type(request: Asked) -> str:
    """Return the media type of a request's body.

    Raises:
        Refusal: It is none that the operation takes (415). No header at all is refused too: a page of another site
            could send such a body without asking first.
    """
    allowed = request.operation.media_types
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if media_type in allowed:
        return media_type
    remedy = f"send it as {' or '.join(allowed)}"
    fault = problems.FieldFault("Content-Type", f"is {media_type[:60]!r}" if media_type else "is missing", remedy)
    raise Refusal(problems.MEDIA, f"The body's Content-Type {fault.problem}; {remedy}.", [fault])


def answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a struct as a JSON answer."""
    return Response(_ENCODER.encode(content), status, headers, JSON)


def empty(status: int = 204, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer without a body."""
    return Response(status_code=status, headers=headers)
