"""Suppress: the addresses that must not be written to, kept by operators and by recipients themselves."""

from __future__ import annotations

from natalis.domain.signed_link import Purpose, read
from natalis.domain.user import checked_email
from natalis.errors import InvalidInput, NotFound
from natalis.ports.clock import Clock
from natalis.ports.facts import Facts
from natalis.ports.page import Page
from natalis.ports.people import People
from natalis.ports.suppressions import Suppression, Suppressions
from natalis.usecases.feedback import link_secret
from natalis.usecases.paging import DEFAULT_LIMIT, check_limit

UNSUBSCRIBED, MANUAL = "unsubscribed", "manual"
REASONS = (UNSUBSCRIBED, "bounced", "complained", MANUAL)


class Suppress:
    """Adds to the list, takes off it, and shows it; every worker honours it at send time.

    Args:
        suppressions: The list.
        people: Where the user behind a link is read.
        facts: Holds the secret that links are signed with.
        clock: Tells the time.
    """

    def __init__(self, suppressions: Suppressions, people: People, facts: Facts, clock: Clock) -> None:
        self._suppressions = suppressions
        self._people = people
        self._facts = facts
        self._clock = clock
        self._secret: str | None = None

    async def add(self, email: str, reason: str = MANUAL) -> Suppression:
        """Suppress an address; one already there keeps its first reason.

        Raises:
            InvalidInput: The address is none, or the reason is not one of `REASONS`.
        """
        if reason not in REASONS:
            raise InvalidInput("reason", f"{reason[:40]!r} is not a reason", f"use {', '.join(REASONS)}")
        suppression = Suppression(checked_email(email), reason, self._clock.now())
        await self._suppressions.add(suppression)
        return suppression

    async def remove(self, email: str) -> None:
        """Take an address off the list.

        Raises:
            InvalidInput: It is no address.
            NotFound: It is not on the list.
        """
        await self._suppressions.remove(checked_email(email))

    async def list(self, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Suppression]:
        """List by address.

        Raises:
            InvalidInput: The limit (1 to 500) or the cursor cannot be right.
        """
        return await self._suppressions.page(limit=check_limit(limit), cursor=cursor)

    async def unsubscribe(self, token: str) -> Suppression | None:
        """Suppress the present address of the user whose message held this link; safe to repeat.

        Returns None when the user is gone: nothing is sent to someone who is, so the wish is fulfilled already.

        Raises:
            InvalidInput: The link is not one of ours.
        """
        if self._secret is None:
            self._secret = await link_secret(self._facts)
        key = read(Purpose.UNSUBSCRIBE, token, self._secret)
        try:
            person = await self._people.get(key.user_id)
        except NotFound:
            return None
        return await self.add(person.user.profile.email, UNSUBSCRIBED)
