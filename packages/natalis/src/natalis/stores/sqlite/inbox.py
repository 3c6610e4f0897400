"""Claims with a lease and completions behind their fence, on SQLite.

The fence is the attempt's number: a delivery names its newest attempt, and only that one may end it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.lifecycle import check_move
from natalis.domain.user import Profile
from natalis.domain.yearly_date import YearlyDate
from natalis.ports.inbox import Claimed, Completion
from natalis.stores.reasons import USER_GONE
from natalis.stores.releasing import never_called
from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.handover import Handover
from natalis.stores.sqlite.instants import stored, stored_if_any
from natalis.stores.sqlite.rows import DeliveryRow, leap_day
from natalis.stores.sqlite.session import Number, Row, Scalar, Session, as_json


class _ClaimRow(DeliveryRow):
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

    def profile(self) -> Profile | None:
        if self.first_name is None or self.last_name is None or self.email is None or self.user_timezone is None:
            return None
        on = YearlyDate(self.month or 1, self.day or 1, self.year)
        word = leap_day(self.leap_day)
        return Profile(self.first_name, self.last_name, self.email, on, self.user_timezone, self.locale, word)

    def withheld(self) -> str | None:
        if self.email is None:
            return USER_GONE
        return None if self.suppressed is None else f"the address is suppressed: {self.suppressed}"


class _UnderWay(Row):
    id: int
    attempt: int
    attempts: int
    erased: int
    key: str


class SqliteInbox:
    """Implements `natalis.ports.inbox.Inbox`."""

    def __init__(self, engine: Engine, handover: Handover) -> None:
        self._engine = engine
        self._handover = handover

    async def claim(
        self, keys: Sequence[DeliveryKey], *, worker_id: str, now: datetime, lease_until: datetime
    ) -> Sequence[Claimed]:
        """Move queued deliveries to `sending` and begin an attempt of each, durably."""

        def work(session: Session) -> Sequence[Claimed]:
            wanted = tuple(dict.fromkeys(keys))
            self._mark_early(session, wanted, stored(now))
            names = as_json(str(key) for key in wanted)
            rows = session.rows("claimable", _ClaimRow, keys=names, now=stored(now))
            newest = _begin(session, [row.id for row in rows], worker_id, stored(now), stored(lease_until))
            return [_claimed(row, newest + 1 + place) for place, row in enumerate(rows)]

        return await self._engine.write(work)

    async def renew(self, attempt_ids: Collection[str], *, lease_until: datetime) -> Collection[str]:
        """Extend leases; return the attempts that still hold theirs."""

        def work(session: Session) -> Collection[str]:
            attempts = as_json(int(attempt) for attempt in attempt_ids if attempt.isdecimal())
            held = session.rows("leases_held", _UnderWay, attempts=attempts)
            session.run("renew_leases", ids=as_json(row.id for row in held), lease_until=stored(lease_until))
            return {str(row.attempt) for row in held}

        return await self._engine.write(work)

    async def complete(self, completions: Sequence[Completion]) -> Collection[DeliveryKey]:
        """Write ends of attempts, durably; return the keys that were fenced off."""
        for completion in completions:
            check_move(str(completion.key), Status.SENDING, completion.status)
        return await self._engine.write(lambda session: _complete(session, completions))

    async def release(self, keys: Collection[DeliveryKey], *, worker_id: str, now: datetime) -> None:
        """End attempts that their worker never heard of."""

        def work(session: Session) -> None:
            names = as_json(str(key) for key in keys)
            rows = session.rows("begun_by", _UnderWay, keys=names, worker_id=worker_id)
            _end(session, [(never_called(DeliveryKey.parse(row.key), str(row.attempt), now), row) for row in rows])

        await self._engine.write(work)

    def _mark_early(self, session: Session, keys: Sequence[DeliveryKey], now: int) -> None:
        early = self._handover.under_way(keys)
        if early:
            session.run("mark_claimed_early_queued", keys=as_json(str(key) for key in early), now=now)
            self._handover.take(early)


def _begin(session: Session, ids: Sequence[int], worker_id: str, now: int, lease_until: int) -> int:
    row = session.row("newest_attempt", Number)
    newest = 0 if row is None or row.number is None else row.number
    text = as_json(ids)
    session.run("begin_attempts", ids=text, newest=newest, worker_id=worker_id, now=now)
    session.run("mark_sending", ids=text, newest=newest, lease_until=lease_until)
    return newest


def _claimed(row: _ClaimRow, attempt: int) -> Claimed:
    found = row.delivery()
    delivery = Delivery(
        found.key,
        Status.SENDING,
        found.fire_at,
        found.due_at,
        found.expires_at,
        found.timezone,
        found.attempts + 1,
        found.may_have_arrived,
        reason=found.reason,
        planned_at=found.planned_at,
    )
    return Claimed(delivery, str(attempt), row.profile(), row.withheld(), row.since)


def _complete(session: Session, completions: Sequence[Completion]) -> Collection[DeliveryKey]:
    names = as_json({str(completion.key) for completion in completions})
    holders = {row.key: row for row in session.rows("under_way", _UnderWay, keys=names)}
    ended: list[tuple[Completion, _UnderWay]] = []
    fenced: set[DeliveryKey] = set()
    for completion in completions:
        holder = holders.pop(str(completion.key), None)
        if holder is None or str(holder.attempt) != completion.attempt_id:
            fenced.add(completion.key)
            if holder is not None:
                holders[holder.key] = holder
        else:
            ended.append((completion, holder))
    _end(session, ended)
    return fenced


def _end(session: Session, ended: Sequence[tuple[Completion, _UnderWay]]) -> None:
    session.run("end_deliveries", rows=as_json(_delivery_columns(*each) for each in ended))
    session.run("end_attempts", rows=as_json(_attempt_columns(*each) for each in ended))
    sent = sum(completion.status is Status.SENT for completion, _ in ended)
    if sent:
        session.run("count_sent", sent=sent)


def _delivery_columns(completion: Completion, holder: _UnderWay) -> list[Scalar]:
    sent = completion.status is Status.SENT
    return [
        holder.id,
        holder.attempt,
        completion.status,
        stored_if_any(completion.due_at),
        stored(completion.finished_at) if sent else None,
        _printable(completion.provider_id) if sent and completion.provider_id and not holder.erased else None,
        "" if sent else _detail(completion, holder),
        int(completion.outcome == "unknown"),
        holder.attempts if completion.counts else holder.attempts - 1,
    ]


def _attempt_columns(completion: Completion, holder: _UnderWay) -> list[Scalar]:
    return [holder.attempt, stored(completion.finished_at), completion.outcome, _detail(completion, holder)]


def _detail(completion: Completion, holder: _UnderWay) -> str:
    return "erased" if holder.erased else _printable(completion.detail)


def _printable(text: str) -> str:
    """Return what can be stored of a provider's words: their oddities must not keep an end from being written."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
