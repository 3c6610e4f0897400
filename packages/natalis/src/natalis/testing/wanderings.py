"""Wanderings: a store led through arbitrary steps by everyone who may touch it, with what must hold after each."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar, assert_never

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.lifecycle import MOVES
from natalis.errors import IllegalTransition, NotFound
from natalis.ports.inbox import Claimed
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.outbox import Disposal, Due, Postponed, Queued
from natalis.testing.builders import a_profile
from natalis.testing.journeys import Journey

T = TypeVar("T")
_BIRTHDAYS = ("1985-06-01", "1985-06-02", "1985-06-03")
_ZONES = ("Pacific/Kiritimati", "Europe/London", "Pacific/Niue")
_HOURS = (1, 2, 4, 6, 9, 12, 16, 20, 24, 24 * 363)
_ENDS = tuple(sorted(MOVES[Status.SENDING]))
_OUTCOMES = ("delivered", "deferred", "unknown", "refused")
_PEOPLE_LIMIT = 6


class RuleBroken(AssertionError):
    """The store did what no store may do."""


class Act(enum.Enum):
    """Who does what."""

    ARRIVE = enum.auto()
    PASS_TIME = enum.auto()
    PLAN = enum.auto()
    DISPATCH = enum.auto()
    CLAIM = enum.auto()
    COMPLETE = enum.auto()
    EXPIRE = enum.auto()
    REAP = enum.auto()
    RECLAIM = enum.auto()
    CHANGE = enum.auto()
    REMOVE = enum.auto()
    CANCEL = enum.auto()
    RETRY = enum.auto()
    REPLAY = enum.auto()


OFTEN = (*Act, *([Act.PLAN, Act.DISPATCH, Act.CLAIM, Act.COMPLETE] * 8), *([Act.PASS_TIME, Act.ARRIVE] * 6))
"""The acts, those that carry a message on more often than those that get in its way."""


@dataclass
class Wanderer:
    """Leads a store through acts, each with a number that settles its details, and asserts what must always hold."""

    journey: Journey
    queue: list[DeliveryKey] = field(default_factory=list)
    claims: list[Claimed] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    known: dict[DeliveryKey, tuple[Delivery, int]] = field(default_factory=dict)

    async def act(self, act: Act, choice: int) -> None:  # noqa: C901, PLR0912 - one line for each act
        """Do one thing, then assert what must always hold."""
        match act:
            case Act.ARRIVE:
                await self._arrive(choice)
            case Act.PASS_TIME:
                self.journey.now += timedelta(hours=_HOURS[choice % len(_HOURS)])
            case Act.PLAN:
                await self.journey.plan(limit=1 + choice % 3)
            case Act.DISPATCH:
                await self._dispatch(choice)
            case Act.CLAIM:
                await self._claim(choice)
            case Act.COMPLETE:
                await self._complete(choice)
            case Act.EXPIRE:
                await self.journey.store.outbox.expire(now=self.journey.now, limit=1 + choice % 3)
            case Act.REAP:
                await self._reap(choice)
            case Act.RECLAIM:
                await self.journey.store.recovery.reclaim(now=self.journey.now, hold=bool(choice % 2))
            case Act.CHANGE:
                await self._change(choice)
            case Act.REMOVE:
                await self._remove(choice)
            case Act.CANCEL:
                await self._move(Status.CANCELLED, choice)
            case Act.RETRY:
                await self._move(Status.SCHEDULED, choice)
            case Act.REPLAY:
                await self._replay(choice)
            case other:
                assert_never(other)
        await self._assert_what_must_hold()

    async def _arrive(self, choice: int) -> None:
        if len(self.people) < _PEOPLE_LIMIT:  # few, so that the acts meet
            profile = a_profile(birthday=_pick(_BIRTHDAYS, choice), timezone=_pick(_ZONES, choice // 3))
            self.people += [user.id for user in await self.journey.arrive(profile)]

    async def _dispatch(self, choice: int) -> None:
        def dispose(due: Due) -> Disposal | None:
            match choice % 8:
                case 0:
                    return Postponed(due.key, self.journey.now + timedelta(hours=1))
                case 1:
                    return None
                case _:
                    self.queue.append(due.key)
                    return Queued(due.key)

        await self.journey.dispatch(dispose, limit=1 + choice % 5)

    async def _claim(self, choice: int) -> None:
        """Claim what the queue holds; it forgets nothing, so that every key comes again and again."""
        self.claims += await self.journey.claim(*self.queue[choice % 2 :])

    async def _complete(self, choice: int) -> None:
        """End any attempt that ever was, the newest first choice; a fenced one must change nothing."""
        if not self.claims:
            return
        claimed = self.claims[-1 - choice % len(self.claims)]
        before = await self.journey.store.ledger.get(claimed.delivery.key)
        status = _pick(_ENDS, choice // 3)
        outcome = "delivered" if status is Status.SENT else _pick(_OUTCOMES, choice // 7)
        fenced = await self.journey.end(claimed, Status(status), outcome, counts=choice % 5 != 0)
        holds = before[0].status is Status.SENDING and before[1][-1].attempt_id == claimed.attempt_id
        _require(bool(fenced) != holds, "only the newest attempt may end a delivery")
        if fenced:
            after = await self.journey.store.ledger.get(claimed.delivery.key)
            _require(after == before, "a fenced end changes nothing")

    async def _reap(self, choice: int) -> None:
        now = self.journey.now
        await self.journey.store.recovery.reap(
            now=now, queued_before=now - timedelta(hours=choice % 2), hold=choice % 3 == 0, limit=1 + choice % 4
        )

    async def _change(self, choice: int) -> None:
        if not self.people:
            return
        user_id = _pick(self.people, choice)
        try:
            person = await self.journey.store.people.get(user_id)
        except NotFound:
            return
        changed = a_profile(birthday=_pick(_BIRTHDAYS, choice // 3), timezone=_pick(_ZONES, choice // 9))
        await self.journey.change(user_id, replace(changed, email=person.user.profile.email))

    async def _remove(self, choice: int) -> None:
        if self.people and choice % 4 == 0:  # seldom, or nobody would live to see a message
            user_id = self.people.pop(choice % len(self.people))
            await self.journey.store.people.remove(user_id, now=self.journey.now, erase=bool(choice % 8))

    async def _move(self, to: Status, choice: int) -> None:
        if not self.known:
            return
        key = _pick(sorted(self.known), choice)
        try:
            await self.journey.store.desk.move(
                key, to, now=self.journey.now, expires_at=self.journey.now + timedelta(hours=12), reason="by hand"
            )
        except IllegalTransition:
            return

    async def _replay(self, choice: int) -> None:
        await self.journey.store.desk.replay(
            DeliveryFilter(),
            now=self.journey.now,
            expires_at=self.journey.now + timedelta(hours=12),
            limit=1 + choice % 3,
        )

    async def _assert_what_must_hold(self) -> None:
        deliveries = await self.journey.deliveries()
        found = {each.key: (each, len((await self.journey.store.ledger.get(each.key))[1])) for each in deliveries}
        _require(found.keys() >= self.known.keys(), "no delivery is ever lost")
        for key, (before, attempts) in self.known.items():
            after, attempts_now = found[key]
            _require(attempts_now >= attempts, "no attempt is ever lost")
            _require(after.may_have_arrived >= before.may_have_arrived, "a doubt is never forgotten")
            _require(before.status is not Status.SENT or after.status is Status.SENT, "sent is final")
        using = Counter(_year(each) for each in deliveries if each.status in {Status.SENT, Status.SENDING})
        _require(all(count == 1 for count in using.values()), "nobody gets two messages of one kind in one year")
        tally = {status: count for status, count in (await self.journey.store.ledger.tally()).items() if count}
        _require(tally == Counter(each.status for each in deliveries), "the tally is right")
        self.known = found


def _pick(options: Sequence[T], choice: int) -> T:
    return options[choice % len(options)]


def _year(delivery: Delivery) -> tuple[str, str, int]:
    return delivery.key.user_id, delivery.key.kind, delivery.key.occasion_date.year


def _require(holds: bool, rule: str) -> None:  # noqa: FBT001 - it is the condition itself
    if not holds:
        raise RuleBroken(rule)
