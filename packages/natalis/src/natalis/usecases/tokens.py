"""Tokens: who may call, and how much; a secret is shown once and only its hash is stored."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from natalis.errors import InvalidInput
from natalis.ports.cache import Cache
from natalis.ports.clock import Clock
from natalis.ports.tokens import Scope, Token, Tokens
from natalis.usecases import freshness

PREFIX = "nat_"
SECRET_BYTES = 32
NAME_LIMIT = 64  # characters
_FORM = re.compile(r"nat_[A-Za-z0-9_-]{43}")  # 32 bytes in base64url without padding


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made, with its secret: the only time that anybody sees it."""

    token: Token
    secret: str


class _Unknown(Exception):
    """No token has this digest; raised because a cache does not keep what was raised."""


def new_secret() -> str:
    """Return 32 random bytes in base64url behind `nat_`, which lets scanners recognise a leaked one."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a secret, in hex; without salt, as 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ManageTokens:
    """Makes, recognises, lists and revokes tokens.

    Args:
        tokens: Where their hashes are stored.
        cache: Remembers a recognised token for half a minute.
        clock: Tells the time.
        make_secret: Makes the secrets.
    """

    def __init__(
        self, tokens: Tokens, cache: Cache, clock: Clock, *, make_secret: Callable[[], str] = new_secret
    ) -> None:
        self._tokens = tokens
        self._cache = cache
        self._clock = clock
        self._make_secret = make_secret

    async def create(self, name: str, scope: Scope) -> NewToken:
        """Make a token.

        Raises:
            InvalidInput: The name is empty, too long, unprintable, or taken.
        """
        if not (0 < len(name.strip()) <= NAME_LIMIT and name.isprintable()):
            raise InvalidInput("name", f"{name[:40]!r} cannot name a token", f"use 1 to {NAME_LIMIT} characters")
        secret = self._make_secret()
        token = Token(name.strip(), digest_of(secret), scope, self._clock.now())
        await self._tokens.add(token)
        return NewToken(token, secret)

    async def authenticate(self, secret: str) -> Token | None:
        """Return the token of this secret, or None; another process may still honour one revoked 30 s ago."""
        if _FORM.fullmatch(secret) is None:
            return None
        digest = digest_of(secret)
        try:
            return await self._cache.fetch(f"{freshness.TOKENS}{digest}", freshness.TOKEN, lambda: self._load(digest))
        except _Unknown:
            return None

    async def list(self) -> Sequence[Token]:
        """List the tokens by name."""
        return await self._tokens.all()

    async def revoke(self, name: str) -> None:
        """Forget a token; its secret is refused from now on.

        Raises:
            NotFound: There is none of this name.
        """
        await self._tokens.revoke(name)
        await self._cache.invalidate(f"{freshness.TOKENS}*")

    async def _load(self, digest: str) -> Token:
        token = await self._tokens.find(digest)
        if token is None:
            raise _Unknown
        return token
