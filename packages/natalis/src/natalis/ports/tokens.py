"""Access tokens, stored hashed."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Scope(enum.StrEnum):
    """What a token allows; `admin` includes `write`, `write` includes `read`."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Token:
    """A token's record; the secret itself is shown once and never stored.

    Attributes:
        name: What its owner calls it; unique.
        digest: SHA-256 of the secret, in hex.
        scope: What it allows.
        created_at: UTC.
    """

    name: str
    digest: str
    scope: Scope
    created_at: datetime


class Tokens(Protocol):
    """Access tokens."""

    async def add(self, token: Token) -> None:
        """Store one; raises `InvalidInput` when the name is taken."""
        ...

    async def find(self, digest: str) -> Token | None:
        """Return the token with this digest."""
        ...

    async def all(self) -> Sequence[Token]:
        """List them by name."""
        ...

    async def revoke(self, name: str) -> None:
        """Forget one; raises `NotFound`."""
        ...
