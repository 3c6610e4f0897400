"""The gate before every operation: who asks, how fast, and on whose behalf; what it finds it leaves in the scope."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import assert_never

from natalis.api import problems
from natalis.api.access import (
    SAFE_METHODS,
    Allowed,
    LacksScope,
    NeedsToken,
    Presented,
    decide,
    includes,
    is_cross_site,
    is_loopback,
    secret_in,
)
from natalis.api.operation import Asked, NoQuery
from natalis.api.problems import FieldFault, Refusal
from natalis.api.rate import Limiter
from natalis.api.reading import read_query
from natalis.ports.clock import Clock
from natalis.ports.tokens import Scope, Token
from natalis.usecases.tokens import ManageTokens

CALLER = "natalis.caller"
TOKENS_KNOWN_FOR = timedelta(seconds=2)
"""How long a server that needs no token may go on so after the first one was made by another process."""


class Gate:
    """Stands before every operation and refuses before the body is read.

    Args:
        tokens: Recognises secrets.
        clock: Measures rates.
        listen: The address that the server listens on.
        limiter: Bounds how fast one client may call; None for no bound.
    """

    def __init__(self, tokens: ManageTokens, clock: Clock, listen: str, limiter: Limiter | None) -> None:
        self._tokens = tokens
        self._clock = clock
        self._listen = listen
        self._limiter = limiter
        self._has_tokens = False
        self._looked_at: timedelta | None = None

    async def admit(self, request: Asked) -> None:
        """Let a request through, or refuse it."""
        operation = request.operation
        header = request.headers.get("authorization")
        token = await self._token(header)
        self._check_rate(request, token)
        if not operation.one_click and request.scope["method"] not in SAFE_METHODS:
            _check_site(request)
        if operation.scope is not None:
            presented = Presented(token, header is not None, request.headers.get("host", ""))
            request.scope["state"][CALLER] = await self._allowed(operation.scope, presented)
            if operation.query is NoQuery and request.scope["query_string"]:
                read_query(request.scope["query_string"], NoQuery)

    async def _token(self, header: str | None) -> Token | None:
        secret = None if header is None else secret_in(header)
        return None if secret is None else await self._tokens.authenticate(secret)

    async def _allowed(self, wanted: Scope, presented: Presented) -> Allowed:
        needs_look = presented.token is None and is_loopback(self._listen)
        has_tokens = await self._any_tokens() if needs_look else True
        match decide(self._listen, wanted, presented, has_tokens=has_tokens):
            case Allowed() as allowed:
                return allowed
            case NeedsToken(reason, sent):
                challenge = 'Bearer realm="natalis"' + (', error="invalid_token"' if sent else "")
                raise _refusal(problems.UNAUTHENTICATED, "Authorization", reason, challenge)
            case LacksScope(reason, scope):
                raise _lacks(reason, scope)
            case other:
                assert_never(other)

    async def _any_tokens(self) -> bool:
        now = self._clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= TOKENS_KNOWN_FOR:
            self._has_tokens, self._looked_at = bool(await self._tokens.list()), now
        return self._has_tokens

    def _check_rate(self, request: Asked, token: Token | None) -> None:
        if self._limiter is None:
            return
        client = f"token {token.name}" if token is not None else _address(request)
        wait = self._limiter.admit(client, self._clock.monotonic())
        if wait is not None:
            seconds = max(1, math.ceil(wait / timedelta(seconds=1)))
            raise Refusal(problems.TOO_FAST, f"Wait {seconds} s.", headers={"Retry-After": str(seconds)})


def _check_site(request: Asked) -> None:
    headers = request.headers
    if is_cross_site(
        request.operation.method.value,
        fetch_site=headers.get("sec-fetch-site", ""),
        origin=headers.get("origin", ""),
        host=headers.get("host", ""),
    ):
        reason = "a page of another site asks; call from the same origin, or from a program"
        raise Refusal(problems.NOT_PERMITTED, f"Origin: {reason}.", [FieldFault("Origin", "differs", reason)])


def check_scope(request: Asked, wanted: Scope) -> None:
    """Refuse a caller whom the gate let in, but who asks for more than the operation at its simplest."""
    caller = request.scope["state"][CALLER]
    assert isinstance(caller, Allowed)  # noqa: S101 - the gate put it there
    if not includes(caller.scope, wanted):
        raise _lacks(f"this needs the scope {wanted}; the token has {caller.scope}", wanted)


def _lacks(reason: str, wanted: Scope) -> Refusal:
    challenge = f'Bearer realm="natalis", error="insufficient_scope", scope="{wanted}"'
    return _refusal(problems.NOT_PERMITTED, "Authorization", reason, challenge)


def _refusal(kind: problems.ProblemKind, field: str, reason: str, challenge: str) -> Refusal:
    fault = FieldFault(field, "does not allow this", reason)
    return Refusal(kind, f"{field}: {reason}.", [fault], {"WWW-Authenticate": challenge})


def _address(request: Asked) -> str:
    client = request.scope["client"]
    return "nobody" if client is None else str(client[0])
