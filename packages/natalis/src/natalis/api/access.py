"""Who may call what: pure decisions from where the server listens, whether there are tokens, and what was sent."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import urlsplit

from natalis.errors import SettingsInvalid
from natalis.ports.tokens import Scope, Token

_RANK: Mapping[Scope, int] = MappingProxyType({Scope.READ: 1, Scope.WRITE: 2, Scope.ADMIN: 3})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Allowed:
    """The call may go on.

    Attributes:
        scope: What the caller may do.
        name: The token's name; empty for a caller that needs none.
    """

    scope: Scope
    name: str = ""


@dataclass(frozen=True, slots=True)
class NeedsToken:
    """Nobody is known to be calling (401)."""

    reason: str
    presented: bool


@dataclass(frozen=True, slots=True)
class LacksScope:
    """Somebody known asks for more than they may (403)."""

    reason: str
    wanted: Scope


Decision: TypeAlias = Allowed | NeedsToken | LacksScope


@dataclass(frozen=True, slots=True)
class Presented:
    """What came with a request.

    Attributes:
        token: The record of the token sent; None when none was sent, or when it is not one of ours.
        sent: Whether any `Authorization` was sent.
        host: The `Host` header.
    """

    token: Token | None = None
    sent: bool = False
    host: str = ""


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address; `localhost` counts."""
    name = host.strip("[]").rstrip(".").casefold()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_listening(host: str, *, has_tokens: bool) -> None:
    """Refuse to listen where strangers can call without a token.

    Raises:
        SettingsInvalid: The address is not a loopback one and no token exists.
    """
    if not has_tokens and not is_loopback(host):
        problem = f"host: {host!r} can be reached from other machines and there is no token"
        raise SettingsInvalid((f"{problem}; make one with `natalis token create`, or listen on 127.0.0.1",))


def decide(listen: str, wanted: Scope, presented: Presented, *, has_tokens: bool) -> Decision:
    """Say whether a call may go on.

    On a loopback address nobody needs a token until the first one is made. A `Host` that is not this machine's own is
    somebody else's name for it - a proxy's, or a page's that rebinds DNS - and always needs one.

    Args:
        listen: The address the server listens on.
        wanted: The scope the operation needs.
        presented: What came with the request.
        has_tokens: Whether any token exists.
    """
    if presented.token is not None:
        if includes(presented.token.scope, wanted):
            return Allowed(presented.token.scope, presented.token.name)
        return LacksScope(f"this needs the scope {wanted}; the token has {presented.token.scope}", wanted)
    if presented.sent:
        return NeedsToken("the token is not known here, or was revoked", presented=True)
    if has_tokens or not is_loopback(listen):
        return NeedsToken("send Authorization: Bearer TOKEN", presented=False)
    if not is_loopback(host_name(presented.host)):
        reason = "without a token this server answers only as localhost; make one with `natalis token create`"
        return NeedsToken(reason, presented=False)
    return Allowed(Scope.ADMIN)


def includes(held: Scope, wanted: Scope) -> bool:
    """Return whether a scope includes another: admin includes write, write includes read."""
    return _RANK[held] >= _RANK[wanted]


def is_cross_site(method: str, *, fetch_site: str, origin: str, host: str) -> bool:
    """Return whether a browser asks to change something on behalf of another site's page.

    Source: `Sec-Fetch-Site` (W3C Fetch Metadata), and for older browsers `Origin` against `Host` (RFC 6454); a client
    that is not a browser sends neither.
    """
    if method in SAFE_METHODS:
        return False
    if fetch_site:
        return fetch_site not in _SAME
    return bool(origin) and urlsplit(origin).netloc.casefold() != host.casefold()


def host_name(host: str) -> str:
    """Return the name in a `Host` header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0].strip("[")
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def secret_in(authorization: str) -> str | None:
    """Return what follows `Bearer`; None when the header is of another kind (RFC 6750 section 2.1)."""
    kind, _, secret = authorization.strip().partition(" ")
    return secret.strip() if kind.casefold() == "bearer" and secret.strip() else None
