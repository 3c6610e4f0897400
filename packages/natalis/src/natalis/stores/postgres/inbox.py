"""Claims with a lease and completions behind their fence, on PostgreSQL: one statement for each batch.

The fence is the attempt's number: a delivery counts the attempts that were begun, and only the newest may end it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.lifecycle import check_move
from natalis.domain.occasion import BIRTHDAY
from natalis.domain.retry import kept
from natalis.domain.user import Profile
from natalis.domain.yearly_date import YearlyDate
from natalis.ports.inbox import Claimed, Completion
from natalis.stores.postgres.attempt_ids import read_attempt_id, write_attempt_id
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.rows import KeyRow, in_one_order, key_columns, leap_day
from natalis.stores.postgres.session import Row, columns
from natalis.stores.reasons import USER_GONE
from natalis.stores.releasing import never_called

SLOTS = 64  # rows of `tallies`, as the migration made them


class _ClaimRow(Row):
    user_id: UUID
    kind: str
    occasion_date: date
    fire_at: datetime
    due_at: datetime
    expires_at: datetime
    timezone: str
    attempts: int
    may_have_arrived: bool
    reason: str
    planned_at: datetime | None
    begun: int
    first_name: str | None
    last_name: str | None
    email: str | None
    month: int | None
    day: int | None
    year: int | None
    user_timezone: str | None
    locale: str | None
    leap_day: str | None
    suppressed: str | None
    since: int | None

    def claimed(self) -> Claimed:
        key = DeliveryKey(str(self.user_id), self.kind, self.occasion_date)
        delivery = Delivery(
            key,
            Status.SENDING,
            self.fire_at,
            self.due_at,
            self.expires_at,
            self.timezone,
            self.attempts,
            self.may_have_arrived,
            reason=self.reason,
            planned_at=self.planned_at,
        )
        return Claimed(delivery, write_attempt_id(key, self.begun), self._profile(), self._withheld(), self.since)

    def _profile(self) -> Profile | None:
        if self.first_name is None or self.last_name is None or self.email is None or self.user_timezone is None:
            return None
        on = YearlyDate(self.month or 1, self.day or 1, self.year)
        word = leap_day(self.leap_day)
        return Profile(self.first_name, self.last_name, self.email, on, self.user_timezone, self.locale, word)

    def _withheld(self) -> str | None:
        if self.email is None:
            return USER_GONE
        return None if self.suppressed is None else f"the address is suppressed: {self.suppressed}"


class _Held(KeyRow):
    begun: int


class PostgresInbox:
    """Implements `natalis.ports.inbox.Inbox`.

    Args:
        engine: The database.
        slot: Which row of `tallies` this process counts in, so that processes do not wait for one another's.
    """

    def __init__(self, engine: Engine, *, slot: int) -> None:
        self._engine = engine
        self._slot = slot

    async def claim(
        self, keys: Sequence[DeliveryKey], *, worker_id: str, now: datetime, lease_until: datetime
    ) -> Sequence[Claimed]:
        """Move queued deliveries to `sending` and begin an attempt of each, durably."""
        wanted = key_columns(in_one_order(keys))
        rows = await self._engine.once(
            lambda session: session.rows(
                "claim", _ClaimRow, **wanted, worker_id=worker_id, now=now, lease_until=lease_until, birthday=BIRTHDAY
            )
        )
        found = {claimed.delivery.key: claimed for claimed in (row.claimed() for row in rows)}
        return [found[key] for key in dict.fromkeys(keys) if key in found]

    async def renew(self, attempt_ids: Collection[str], *, lease_until: datetime) -> Collection[str]:
        """Extend leases; return the attempts that still hold theirs."""
        held = sorted({found for text in attempt_ids if (found := read_attempt_id(text)) is not None})
        wanted = columns([(*key, number) for key, number in held], "user_ids", "kinds", "dates", "numbers")
        rows = await self._engine.once(lambda session: session.rows("renew", _Held, **wanted, lease_until=lease_until))
        return {write_attempt_id(row.key(), row.begun) for row in rows}

    async def complete(self, completions: Sequence[Completion]) -> Collection[DeliveryKey]:
        """Write ends of attempts, durably; return the keys that were fenced off."""
        for completion in completions:
            check_move(str(completion.key), Status.SENDING, completion.status)
        ends = {completion.attempt_id: completion for completion in reversed(completions)}  # of two, the first counts
        names = ("user_ids", "kinds", "dates", "numbers", "statuses", "finishes", "outcomes", "details", "dues")
        rows = sorted(row for completion in ends.values() for row in _ending(completion))
        wanted = columns([row[1] for row in rows], *names, "provider_ids", "counted")
        ended = await self._engine.once(lambda session: session.rows("complete", KeyRow, **wanted, slot=self._slot))
        moved = {row.key() for row in ended}
        fenced = {completion.key for completion in completions} - moved
        return fenced | {completion.key for completion in completions if ends[completion.attempt_id] is not completion}

    async def release(self, keys: Collection[DeliveryKey], *, worker_id: str, now: datetime) -> None:
        """End attempts that their worker never heard of."""
        wanted = key_columns(in_one_order(keys))
        rows = await self._engine.once(lambda session: session.rows("begun_by", _Held, **wanted, worker_id=worker_id))
        if rows:
            await self.complete([never_called(row.key(), write_attempt_id(row.key(), row.begun), now) for row in rows])


def _ending(completion: Completion) -> list[tuple[tuple[DeliveryKey, int], tuple[object, ...]]]:
    """Return a completion as `complete` takes it, with what to sort it by; nothing when its attempt cannot exist."""
    attempt = read_attempt_id(completion.attempt_id)
    if attempt is None or attempt[0] != completion.key:
        return []
    provider_id = completion.provider_id if completion.status is Status.SENT else None
    row = (
        *completion.key,
        attempt[1],
        completion.status,
        completion.finished_at,
        completion.outcome,
        kept(completion.detail),
        completion.due_at,
        kept(provider_id) if provider_id else None,
        completion.counts,
    )
    return [(attempt, row)]
