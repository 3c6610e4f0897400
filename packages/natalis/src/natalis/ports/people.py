"""The people store: users with their occasions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from natalis.domain.occasion import Occasion
from natalis.domain.person import Person, PersonChange, RequestKey
from natalis.domain.user import User
from natalis.ports.page import Page


@dataclass(frozen=True, slots=True)
class Arrival:
    """A user to be added, with every occasion's `upcoming` already computed."""

    user: User
    occasions: Sequence[Occasion]
    request: RequestKey | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """The user is stored, durably."""

    user: User


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same `Idempotency-Key` with the same digest came before; this is the user it made."""

    user: User


@dataclass(frozen=True, slots=True)
class Taken:
    """The address belongs to `holder`, a living user; nothing was stored."""

    holder: User


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The same `Idempotency-Key` came before with another digest; nothing was stored."""

    key: str


Reception: TypeAlias = Added | Repeated | Taken | KeyReused


class People(Protocol):
    """Users with their occasions, each call one transaction on the primary."""

    async def add(self, arrivals: Sequence[Arrival]) -> Sequence[Reception]:
        """Add users, in order; one that cannot be added does not hold up the others.

        Two arrivals of one call may share an address: the first is added, the second is `Taken`.
        """
        ...

    async def get(self, user_id: str) -> Person:
        """Return a living user; raises `NotFound`."""
        ...

    async def page(self, *, email: str | None, limit: int, cursor: str | None) -> Page[User]:
        """List living users by id, or the one with this address; raises `InvalidInput` for a bad cursor."""
        ...

    async def change(self, user_id: str, decide: Callable[[Person], PersonChange]) -> Person:
        """Load, decide and write in one transaction; return the person as stored.

        Raises:
            NotFound: No living user has this id.
            EmailTaken: The new address belongs to another living user.
        """
        ...

    async def remove(
        self, user_id: str, *, now: datetime, erase: bool, check: Callable[[User], None] | None = None
    ) -> None:
        """Delete softly: the address becomes free, the occasions end, pending deliveries are cancelled.

        `check` sees a living user in the same transaction; what it raises leaves everything as it was.

        With `erase` every personal datum goes for good (also of a user deleted softly before); deliveries keep what
        counts need. Raises `NotFound`.
        """
        ...
