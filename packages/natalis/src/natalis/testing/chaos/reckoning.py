"""The reckoning: after the storm, what was lost, what was doubled, and whether the ledger accounts for everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from natalis.domain.delivery import Delivery, Status
from natalis.domain.ledger_judgement import Answer
from natalis.mock_provider.register import Register
from natalis.ports.clock import Clock
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.store import Store
from natalis.testing.builders import a_rulebook
from natalis.usecases.why import ExplainYear

_PAGE = 1000
_SAMPLE = 200
_GOOD = frozenset({Answer.SENT, Answer.LATE})


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What came of everybody whom the API took in.

    Attributes:
        people: How many were taken in.
        lost: Of those, how many had no message.
        doubled: Keys that the provider accepted more than once, and people with more than one key.
        strangers: Messages and people that nobody asked for.
        unsent: Deliveries that are not `sent`, by status.
        unaccounted: Of a sample, people whose ledger does not say that they had one message.
        miscounted: By how much the store's own counts are off.
        attempts: Calls that the provider received.
        samples: How many people's ledgers were read.
    """

    people: int
    lost: int
    doubled: int
    strangers: int
    unsent: Mapping[str, int]
    unaccounted: int
    miscounted: int
    attempts: int
    samples: int

    @property
    def faults(self) -> list[str]:
        """What is not as it should be, in words; empty when all is well."""
        wrong = {
            "people without a message": self.lost,
            "messages doubled": self.doubled,
            "messages or people nobody asked for": self.strangers,
            f"deliveries not sent {dict(self.unsent)}": sum(self.unsent.values()),
            f"of {self.samples} ledgers that do not account for their message": self.unaccounted,
            "deliveries counted wrongly": self.miscounted,
        }
        return [f"{count} {what}" for what, count in wrong.items() if count]


async def reckon(store: Store, clock: Clock, register: Register, emails: Collection[str]) -> Reckoning:
    """Compare whom the API took in, what the store says and what the provider counted.

    Args:
        store: The fleet's.
        clock: Tells the year.
        register: The provider's.
        emails: Addresses of everybody who was taken in.
    """
    users = await _users(store)
    deliveries = await _deliveries(store)
    sent = [delivery for delivery in deliveries if delivery.status is Status.SENT]
    counts = dict(register.tally())
    served = Counter(users.get(key.partition(":")[0], "") for key, count in counts.items() if count.accepted)
    more_than_one = sum(count.accepted > 1 for count in counts.values()) + sum(number > 1 for number in served.values())
    unknown = served.keys() - set(emails)
    tally = {status: count for status, count in (await store.ledger.tally()).items() if count}
    by_status = Counter(delivery.status for delivery in deliveries)
    samples = sorted(emails)[:: max(1, len(emails) // _SAMPLE)]
    return Reckoning(
        people=len(emails),
        lost=len(set(emails) - served.keys()),
        doubled=more_than_one,
        strangers=len(unknown) + len(users.keys() ^ {delivery.key.user_id for delivery in deliveries}),
        unsent={str(status): count for status, count in by_status.items() if status is not Status.SENT},
        unaccounted=await _unaccounted(store, clock, samples),
        miscounted=abs(tally.get(Status.SENT, 0) - len(sent)) + abs(len(sent) - len(emails)),
        attempts=register.totals["received"],
        samples=len(samples),
    )


async def _users(store: Store) -> dict[str, str]:
    """Return everybody's address by id."""
    found: dict[str, str] = {}
    cursor: str | None = None
    while True:
        page = await store.people.page(email=None, limit=_PAGE, cursor=cursor)
        found |= {user.id: user.profile.email for user in page.items}
        if (cursor := page.cursor) is None:
            return found


async def _deliveries(store: Store) -> list[Delivery]:
    found: list[Delivery] = []
    cursor: str | None = None
    while True:
        page = await store.ledger.page(DeliveryFilter(), limit=_PAGE, cursor=cursor)
        found += page.items
        if (cursor := page.cursor) is None:
            return found


async def _unaccounted(store: Store, clock: Clock, samples: Sequence[str]) -> int:
    """Count those whose ledger does not say: one message this year, sent, by an attempt that was delivered."""
    why = ExplainYear(store.history, store.people, clock, a_rulebook())
    wrong = 0
    for email in samples:
        (answer,) = await why.of_email(email, clock.now().year)
        attempts = () if answer.delivery is None else (await store.ledger.get(answer.delivery.key))[1]
        delivered = [attempt for attempt in attempts if attempt.outcome == "delivered"]
        wrong += answer.answer not in _GOOD or len(delivered) != 1
    return wrong
