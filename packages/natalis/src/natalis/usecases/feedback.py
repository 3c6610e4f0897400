"""Feedback: a recipient's rating of a message, given through the signed link inside it."""

from __future__ import annotations

import secrets

from natalis.domain.delivery import DeliveryKey
from natalis.domain.signed_link import Purpose, read
from natalis.ports.clock import Clock
from natalis.ports.facts import Facts, Feedback
from natalis.usecases.paging import check_range

LINK_SECRET = "link secret"  # noqa: S105 - the fact's name, not the secret
LINK_SECRET_BYTES = 32
LOWEST, HIGHEST = 1, 5


async def link_secret(facts: Facts) -> str:
    """Return what links are signed with; made at first use, the same for every process of a fleet."""
    known = await facts.get(LINK_SECRET)
    return known or await facts.put_new(LINK_SECRET, secrets.token_hex(LINK_SECRET_BYTES))


class GiveFeedback:
    """Takes ratings.

    Args:
        feedback: Where they are stored.
        facts: Holds the secret that links are signed with.
        clock: Tells the time.
    """

    def __init__(self, feedback: Feedback, facts: Facts, clock: Clock) -> None:
        self._feedback = feedback
        self._facts = facts
        self._clock = clock
        self._secret: str | None = None

    async def rate(self, token: str, rating: int) -> DeliveryKey:
        """Store a rating of 1 to 5 for the delivery whose message held this link; the latest wins.

        Raises:
            InvalidInput: The link is not one of ours, or the rating is out of range.
            NotFound: There is no such delivery any more.
        """
        if self._secret is None:
            self._secret = await link_secret(self._facts)
        key = read(Purpose.FEEDBACK, token, self._secret)
        await self._feedback.rate(key, check_range(rating, LOWEST, HIGHEST, field="rating"), now=self._clock.now())
        return key

    async def mean(self) -> tuple[float, int]:
        """Return the mean rating and how many there are; (0.0, 0) without any."""
        return await self._feedback.mean()
