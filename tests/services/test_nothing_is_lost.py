"""Nothing accepted is lost: a game in which everything that can die, dies, played from many seeds."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pytest

from natalis.domain.breaker import BreakerRule
from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Delivered, Outcome, Unknown
from natalis.domain.retry import RetryPolicy
from natalis.errors import StoreUnavailable
from natalis.ports.inbox import Claimed, Completion, Inbox
from natalis.ports.service import Service
from natalis.services.worker import Worker
from natalis.testing.house import House, run, worker_options

PEOPLE = 40
ROUNDS = 150


class Torn:
    """An inbox whose connection breaks now and then: before the store does what it is asked, or after."""

    def __init__(self, inbox: Inbox, dice: random.Random) -> None:
        self._inbox = inbox
        self._dice = dice
        self.calm = False

    async def claim(
        self, keys: Sequence[DeliveryKey], *, worker_id: str, now: datetime, lease_until: datetime
    ) -> Sequence[Claimed]:
        """Claim, perhaps."""
        self._tear()
        claimed = await self._inbox.claim(keys, worker_id=worker_id, now=now, lease_until=lease_until)
        self._tear()
        return claimed

    async def renew(self, attempt_ids: Collection[str], *, lease_until: datetime) -> Collection[str]:
        """Renew, perhaps."""
        self._tear()
        return await self._inbox.renew(attempt_ids, lease_until=lease_until)

    async def complete(self, completions: Sequence[Completion]) -> Collection[DeliveryKey]:
        """Complete, perhaps."""
        self._tear()
        fenced = await self._inbox.complete(completions)
        self._tear()
        return fenced

    async def release(self, keys: Collection[DeliveryKey], *, worker_id: str, now: datetime) -> None:
        """Release, perhaps."""
        self._tear()
        await self._inbox.release(keys, worker_id=worker_id, now=now)
        self._tear()

    def _tear(self) -> None:
        if not self.calm and self._dice.random() < 0.1:
            raise StoreUnavailable("the connection broke")


class Game:
    """One house, two workers, and dice."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.dice = random.Random(seed)
        self.inbox = Torn(house.store.inbox, self.dice)
        self.accepted: set[str] = set()
        self.calm = False
        house.provider.answer = self.answer
        self.workers = [self.hire(), self.hire()]

    def hire(self) -> Worker:
        """Return a new worker."""
        options = worker_options(
            worker_id=f"worker-{self.dice.random()}",
            concurrency=7,
            retry=RetryPolicy(max_attempts=1000, base=timedelta(seconds=1), cap=timedelta(seconds=30)),
            breaker=BreakerRule(pause=timedelta(seconds=3), longest_pause=timedelta(seconds=9)),
        )
        return self.house.worker(options, inbox=self.inbox)

    def answer(self, message: Message) -> Outcome:
        """Answer as the dice fall; an answer that gets lost may be that of an accepted message."""
        fate = 1.0 if self.calm else self.dice.random()
        if fate < 0.15:
            return Deferred("try later")
        if fate < 0.25:
            return Deferred("connection refused", outage=True)
        if fate < 0.3:
            return Unknown("the answer was lost, and so was the message")
        self.accepted.add(str(message.key))
        if fate < 0.4:
            return Unknown("the answer was lost")
        return Delivered(str(message.key))

    async def round(self) -> None:
        """Let one thing happen."""
        house, fate = self.house, self.dice.random()
        if fate < 0.05:
            place = self.dice.randrange(2)
            await self.workers[place]._calls.give_up()  # it dies with its calls and its memory
            self.workers[place] = self.hire()
        elif fate < 0.08:
            house.queue.keys.clear()
        elif fate < 0.3:
            house.clock.advance(timedelta(seconds=self.dice.choice([0.01, 1, 5, 40])))
        else:
            services: list[Service] = [*self.workers, house.dispatcher(), house.reaper()]
            service = self.dice.choice(services)
            try:
                await service.step()
            except StoreUnavailable:
                house.clock.advance(timedelta(milliseconds=100))

    async def calm_down(self) -> None:
        """Let everything be well from now on, for an hour."""
        self.calm = self.inbox.calm = True
        dispatcher, reaper = self.house.dispatcher(), self.house.reaper()
        for _ in range(60):
            await run(dispatcher, reaper, *self.workers)
            self.house.clock.advance(timedelta(minutes=1))


@pytest.mark.parametrize("seed", range(25))
async def test_everyone_gets_their_message_whatever_dies_on_the_way(house: House, seed: int) -> None:
    keys = await house.due(PEOPLE)
    game = Game(house, seed)

    for _ in range(ROUNDS):
        await game.round()
        sent = {str(delivery.key) for delivery in await house.deliveries() if delivery.sent_at is not None}
        assert sent <= game.accepted, "sent without having been accepted"
    await game.calm_down()

    assert await house.tally() == {"sent": PEOPLE}
    assert game.accepted == {str(key) for key in keys}
