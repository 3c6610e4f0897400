"""Access tokens, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from natalis.errors import InvalidInput, NotFound
from natalis.ports.tokens import Scope, Token
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.session import Row, Session


class _TokenRow(Row):
    name: str
    digest: str
    scope: str
    created_at: datetime

    def token(self) -> Token:
        return Token(self.name, self.digest, Scope(self.scope), self.created_at)


class PostgresTokens:
    """Implements `natalis.ports.tokens.Tokens`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, token: Token) -> None:
        """Store one; raises `InvalidInput` when the name is taken."""

        async def work(session: Session) -> int:
            return await session.run(
                "add_token", name=token.name, digest=token.digest, scope=token.scope, created_at=token.created_at
            )

        if not await self._engine.once(work):
            raise InvalidInput("name", f"there is a token {token.name!r} already", "choose another, or revoke that one")

    async def find(self, digest: str) -> Token | None:
        """Return the token with this digest."""
        row = await self._engine.once(lambda session: session.row("token_with_digest", _TokenRow, digest=digest))
        return None if row is None else row.token()

    async def all(self) -> Sequence[Token]:
        """List them by name."""
        rows = await self._engine.once(lambda session: session.rows("tokens_by_name", _TokenRow))
        return [row.token() for row in rows]

    async def revoke(self, name: str) -> None:
        """Forget one; raises `NotFound`."""
        if not await self._engine.once(lambda session: session.run("revoke_token", name=name)):
            raise NotFound("token", name)
