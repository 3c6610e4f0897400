"""Manage users: create, read, amend, remove and list the people who are to get a message."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias, assert_never

import uuid_utils

from natalis.domain.intake import UserInput, check_amendment, check_profile, latest_date
from natalis.domain.person import Person, PersonChange, RequestKey
from natalis.domain.rulebook import Rulebook
from natalis.domain.scheduling import amend, further_dates
from natalis.domain.user import User, checked_email, email_key
from natalis.errors import EmailTaken, InvalidInput, PreconditionFailed, RequestKeyReused
from natalis.ports.cache import Cache
from natalis.ports.clock import Clock
from natalis.ports.page import Page
from natalis.ports.people import Added, Arrival, KeyReused, People, Repeated, Taken
from natalis.usecases import freshness
from natalis.usecases.first_firings import FirstFirings
from natalis.usecases.paging import DEFAULT_LIMIT, check_limit

REQUEST_KEY_LIMIT = 255  # characters
REQUEST_KEY_LIFE = timedelta(hours=24)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

IdSource: TypeAlias = Callable[[datetime], str]
"""Makes an id that no other user has, from the present instant."""


def uuid7(now: datetime) -> str:
    """Return a UUID version 7 (RFC 9562), so that ids sort by the time of making to the millisecond."""
    microseconds = (now - EPOCH) // timedelta(microseconds=1)  # whole numbers: a float would lose the millisecond
    return str(uuid_utils.uuid7(nanoseconds=microseconds * 1000))


def request_key(key: str, given: UserInput, now: datetime) -> RequestKey:
    """Return a client's `Idempotency-Key` with a digest of what it asks for.

    Raises:
        InvalidInput: The key is empty, too long, or not printable ASCII.
    """
    if not (0 < len(key) <= REQUEST_KEY_LIMIT and key.isascii() and key.isprintable()):
        remedy = f"use 1 to {REQUEST_KEY_LIMIT} printable characters, such as a UUID"
        raise InvalidInput("Idempotency-Key", f"{key[:40]!r} cannot be used", remedy)
    digest = hashlib.sha256(json.dumps(astuple(given)).encode()).hexdigest()
    return RequestKey(key, digest, now + REQUEST_KEY_LIFE)


class ManageUsers:
    """What a caller may do with users; every fire time follows in the same transaction.

    Args:
        people: Where they are stored.
        cache: Keeps users for ten minutes.
        clock: Tells the time.
        book: The rules of every kind, and the zones.
        new_id: Makes the ids.
    """

    def __init__(self, people: People, cache: Cache, clock: Clock, book: Rulebook, *, new_id: IdSource = uuid7) -> None:
        self._people = people
        self._cache = cache
        self._clock = clock
        self._book = book
        self._new_id = new_id
        self._firings = FirstFirings(book)

    async def create(self, given: UserInput, *, idempotency_key: str | None = None) -> Added | Repeated:
        """Store a new user with the first fire time; the same key with the same fields again is `Repeated`.

        Raises:
            InvalidFields: With every faulty field.
            InvalidInput: The key cannot be used.
            EmailTaken: Another living user has this address.
            RequestKeyReused: The key came before with other fields.
        """
        now = self._clock.now()
        request = None if idempotency_key is None else request_key(idempotency_key, given, now)
        profile = check_profile(given, latest_date(now), self._book.zone)
        user = User(self._new_id(now), profile, now, now)
        arrival = Arrival(user, (self._firings.birthday(user, now),), request)
        (reception,) = await self._people.add([arrival])
        match reception:
            case Added():
                await freshness.forget_lists(self._cache)
                return reception
            case Repeated():
                return reception
            case Taken():
                raise EmailTaken(profile.email)
            case KeyReused(key):
                raise RequestKeyReused(key)
            case other:
                assert_never(other)

    async def read(self, user_id: str) -> Person:
        """Return a living user, at most ten minutes old.

        Raises:
            NotFound: No living user has this id.
        """
        return await self._cache.fetch(freshness.user_key(user_id), freshness.USER, lambda: self._people.get(user_id))

    async def amend(self, user_id: str, given: UserInput, *, versions: Collection[int] | None = None) -> Person:
        """Change the given fields; the pending deliveries follow.

        Args:
            user_id: Whose.
            given: Any subset of the fields.
            versions: Refuse when the user is at none of these (`If-Match`); None for any.

        Raises:
            NotFound: No living user has this id.
            InvalidFields: With every faulty field.
            EmailTaken: The new address belongs to another living user.
            PreconditionFailed: The user changed in between.
        """
        now = self._clock.now()

        def decide(person: Person) -> PersonChange:
            check_version(person.user, versions)
            profile = check_amendment(person.user.profile, given, latest_date(now), self._book.zone)
            return amend(person, profile, further_dates(person), self._book, now=now)

        person = await self._people.change(user_id, decide)
        await freshness.forget_user(self._cache, user_id)
        return person

    async def remove(self, user_id: str, *, erase: bool = False, versions: Collection[int] | None = None) -> None:
        """Delete softly, or with `erase` remove every personal datum for good; pending deliveries are cancelled.

        Args:
            user_id: Whose.
            erase: For good, also of a user removed before.
            versions: Refuse when the living user is at none of these (`If-Match`); None for any.

        Raises:
            NotFound: No living user has this id (with `erase`: nor did one have it, that was not erased).
            PreconditionFailed: The user changed in between.
        """
        check = None if versions is None else partial(check_version, versions=versions)
        await self._people.remove(user_id, now=self._clock.now(), erase=erase, check=check)
        await freshness.forget_user(self._cache, user_id)

    async def list(
        self, *, email: str | None = None, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[User]:
        """List living users by id, or the one with this address, at most ten minutes old.

        Raises:
            InvalidInput: The address, the limit (1 to 500) or the cursor cannot be right.
        """
        address = None if email is None else checked_email(email)
        size = check_limit(limit)
        key = f"{freshness.USER_LISTS}{size}:{cursor or ''}:{'' if address is None else email_key(address)}"
        return await self._cache.fetch(
            key, freshness.USER, lambda: self._people.page(email=address, limit=size, cursor=cursor)
        )


def check_version(user: User, versions: Collection[int] | None) -> None:
    """Raise `PreconditionFailed` unless the user is at one of these versions; None stands for any."""
    if versions is not None and user.version not in versions:
        wanted = " or ".join(map(str, sorted(versions))) or "that was never given out"
        raise PreconditionFailed(f"version {wanted}", f"version {user.version}")
