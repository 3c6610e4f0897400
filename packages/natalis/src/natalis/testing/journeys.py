"""Journeys: a delivery brought to any state through the store's ports alone, for the conformance of stores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.planning import Decision, Plannable, decide_plans
from natalis.domain.rulebook import Rulebook
from natalis.domain.scheduling import amend, further_dates
from natalis.domain.user import Profile, User
from natalis.ports.inbox import Claimed, Completion
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.outbox import Disposal, Due, DueWindow, Queued
from natalis.ports.people import Added
from natalis.ports.store import Store
from natalis.testing.builders import NOON, a_profile, a_rulebook, an_arrival

HORIZON = timedelta(hours=30)
LEASE = timedelta(seconds=30)
TOLERANCE = timedelta(seconds=60)
TOMORROW_AT_NINE = datetime(2026, 6, 2, 8, tzinfo=UTC)
"""When `a_birthday_tomorrow` fires: nine in the morning in London, in summer."""


def a_birthday_tomorrow(*, name: str = "Ada Lovelace", email: str | None = None) -> Profile:
    """Return a Londoner whose birthday is the day after the noon at which a journey begins."""
    return a_profile(name=name, email=email, birthday="1985-06-02")


@dataclass
class Journey:
    """A store, a present that the test moves, and the steps that services would take.

    Attributes:
        store: Under test.
        now: The present (UTC); assign to it to let time pass.
        book: The rules.
    """

    store: Store
    now: datetime = NOON
    book: Rulebook = field(default_factory=a_rulebook)

    async def arrive(self, *profiles: Profile) -> list[User]:
        """Add people and return them."""
        receptions = await self.store.people.add([an_arrival(each, now=self.now, book=self.book) for each in profiles])
        return [reception.user for reception in receptions if isinstance(reception, Added)]

    async def plan(self, *, limit: int = 100) -> Sequence[Decision]:
        """Plan what fires within 30 hours: tomorrow at nine, as far west as California."""
        return await self.store.plans.plan(until=self.now + HORIZON, limit=limit, now=self.now, decide=self._decide)

    async def dispatch(
        self, dispose: Callable[[Due], Disposal | None] = lambda due: Queued(due.key), *, limit: int = 100
    ) -> list[DeliveryKey]:
        """Dispatch what is due, each as `dispose` says; return the keys of what was marked."""

        async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
            return [disposal for due in dues if (disposal := dispose(due)) is not None]

        marked = await self.store.outbox.dispatch(self.window(limit=limit), publish)
        return [disposal.key for disposal in marked]

    def window(self, *, limit: int = 100, late_limit: int | None = None) -> DueWindow:
        """Return what is due now, with the usual tolerance."""
        return DueWindow(self.now, limit, self.now - TOLERANCE, limit if late_limit is None else late_limit)

    async def claim(self, *keys: DeliveryKey, worker_id: str = "worker-1") -> list[Claimed]:
        """Claim these deliveries with a lease of 30 s."""
        return list(await self.store.inbox.claim(keys, worker_id=worker_id, now=self.now, lease_until=self.now + LEASE))

    async def end(
        self, claimed: Claimed, status: Status = Status.SENT, outcome: str = "delivered", **more: object
    ) -> Collection[DeliveryKey]:
        """Complete an attempt; return the keys that were fenced off."""
        return await self.store.inbox.complete([self.completion(claimed, status, outcome, **more)])

    def completion(
        self, claimed: Claimed, status: Status = Status.SENT, outcome: str = "delivered", **more: object
    ) -> Completion:
        """Return the end of an attempt, now."""
        given: dict[str, object] = {"detail": "as answered", **more}
        if status is Status.SENT:
            given.setdefault("provider_id", "message-1")
        if status is Status.RETRYING:
            given.setdefault("due_at", self.now + timedelta(minutes=1))
        key, attempt_id = claimed.delivery.key, claimed.attempt_id
        return Completion(key, attempt_id, status, self.now, outcome, **given)  # type: ignore[arg-type] # checked at run time

    async def change(self, user_id: str, profile: Profile) -> None:
        """Give a user another profile, as the use case does."""
        await self.store.people.change(
            user_id, lambda person: amend(person, profile, further_dates(person), self.book, now=self.now)
        )

    async def planned(self, *profiles: Profile) -> list[DeliveryKey]:
        """Return the planned deliveries of new people; without a profile, of one whose birthday is tomorrow."""
        users = await self.arrive(*(profiles or (a_birthday_tomorrow(),)))
        await self.plan()
        ids = [user.id for user in users]
        found = [delivery.key for delivery in await self.deliveries() if delivery.key.user_id in ids]
        return sorted(found, key=lambda key: ids.index(key.user_id))

    async def queued(self, *profiles: Profile) -> list[DeliveryKey]:
        """Return the queued deliveries of new people, at nine in the morning."""
        keys = await self.planned(*profiles)
        self.now = max(self.now, TOMORROW_AT_NINE)
        await self.dispatch()
        return keys

    async def claimed(self, *profiles: Profile) -> list[Claimed]:
        """Return the deliveries of new people as a worker claimed them."""
        return await self.claim(*await self.queued(*profiles))

    async def sent(self, *profiles: Profile) -> list[DeliveryKey]:
        """Return the deliveries of new people, sent."""
        claims = await self.claimed(*profiles)
        await self.store.inbox.complete([self.completion(claim) for claim in claims])
        return [claim.delivery.key for claim in claims]

    async def delivery(self, key: DeliveryKey) -> Delivery:
        """Return a delivery."""
        return (await self.store.ledger.get(key))[0]

    async def deliveries(self) -> list[Delivery]:
        """Return every delivery, by fire time."""
        page = await self.store.ledger.page(DeliveryFilter(), limit=1_000, cursor=None)
        return list(page.items)

    def _decide(self, plannables: Sequence[Plannable]) -> Sequence[Decision]:
        return decide_plans(plannables, self.book)
