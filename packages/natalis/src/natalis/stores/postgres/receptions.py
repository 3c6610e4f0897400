"""Receiving arrivals: who is added, who came before, whose address is taken - decided by the indexes, for a batch.

Nothing is locked beforehand: a batch is written, the unique indexes leave out whoever clashes with somebody (waiting
for a concurrent call that is about to add them), and only those are looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from asyncpg.exceptions import UniqueViolationError

from natalis.domain.user import User, email_key
from natalis.ports.people import Added, Arrival, KeyReused, Reception, Repeated, Taken
from natalis.stores.postgres.rows import (
    OCCASION_COLUMNS,
    OCCASION_VALUES,
    USER_COLUMNS,
    USER_VALUES,
    IdRow,
    UserRow,
    occasion_columns,
    user_columns,
)
from natalis.stores.postgres.session import Row, Session, columns

_Entry: TypeAlias = tuple[int, Arrival, str]  # its place in the call, itself, and the key of its address


class _KeyOnly(Row):
    key: str


class _Request(Row):
    key: str
    digest: str
    id: UUID
    first_name: str
    last_name: str
    email: str
    month: int
    day: int
    year: int | None
    timezone: str
    locale: str | None
    leap_day: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    def user(self) -> User:
        fields = (getattr(self, name) for name in UserRow.__struct_fields__)
        return UserRow(*fields).user()


class _Known:
    """What turned out to be taken, by those who were there and by the earlier arrivals of the same call."""

    def __init__(self) -> None:
        self.holders: dict[str, User] = {}
        self.requests: dict[str, tuple[str, User]] = {}

    def judge(self, arrival: Arrival, address: str) -> Reception | None:
        """Return why it cannot be added; None when nothing is known against it."""
        request = arrival.request
        if request is not None and request.key in self.requests:
            digest, made = self.requests[request.key]
            return Repeated(made) if digest == request.digest else KeyReused(request.key)
        return Taken(self.holders[address]) if address in self.holders else None

    def added(self, arrival: Arrival, address: str) -> Reception:
        self.holders[address] = arrival.user
        if arrival.request is not None:
            self.requests[arrival.request.key] = (arrival.request.digest, arrival.user)
        return Added(arrival.user)


async def receive_at_once(session: Session, arrival: Arrival) -> Reception | None:
    """Add one user with one occasion, in one statement; None when there is anything to look into first."""
    values, request = _values(arrival, email_key(arrival.user.profile.email)), arrival.request
    if request is None:
        return Added(arrival.user) if await session.rows("add_user", IdRow, **values) else None
    values |= {"request": request.key, "digest": request.digest, "forget_at": request.expires_at}
    try:
        return Added(arrival.user) if await session.rows("add_user_for_request", IdRow, **values) else None
    except UniqueViolationError:
        return None


async def receive_all(session: Session, arrivals: Sequence[Arrival]) -> list[Reception]:
    """Add whom there is no reason not to add; return what came of each arrival, in order."""
    known, receptions = _Known(), dict[int, Reception]()
    pending = [(place, arrival, email_key(arrival.user.profile.email)) for place, arrival in enumerate(arrivals)]
    while pending:
        entries, pending = _without_clashes(pending, known, receptions)
        pending += await _receive(session, entries, known, receptions)
        pending.sort(key=lambda entry: entry[0])
    return [receptions[place] for place in range(len(arrivals))]


def _without_clashes(
    pending: Sequence[_Entry], known: _Known, receptions: dict[int, Reception]
) -> tuple[list[_Entry], list[_Entry]]:
    """Return those to write next, no two of which share an address or a request key, and those to come later."""
    now, later = list[_Entry](), list[_Entry]()
    addresses, keys = set[str](), set[str | None]()
    for entry in pending:
        place, arrival, address = entry
        reception = known.judge(arrival, address)
        key = None if arrival.request is None else arrival.request.key
        if reception is not None:
            receptions[place] = reception
        elif address in addresses or (key is not None and key in keys):
            later.append(entry)
        else:
            now.append(entry)
            addresses.add(address)
            keys.add(key)
    return now, later


async def _receive(
    session: Session, entries: Sequence[_Entry], known: _Known, receptions: dict[int, Reception]
) -> list[_Entry]:
    """Write what can be written, learn what cannot; return those that have to be looked at again."""
    free = await _claim_requests(session, entries, known)
    added = await _write(session, free)
    refused = list[_Entry]()
    for entry in free:
        if entry[1].user.id in added:
            receptions[entry[0]] = known.added(entry[1], entry[2])
        else:
            refused.append(entry)
    await _learn_holders(session, refused, known)
    left = {entry[0] for entry in free}
    return [*refused, *(entry for entry in entries if entry[0] not in left)]


async def _claim_requests(session: Session, entries: Sequence[_Entry], known: _Known) -> list[_Entry]:
    """Return those without a request key or with one that is theirs now; learn what the other keys were used for."""
    asked = {arrival.request.key: (arrival.request, arrival.user) for _, arrival, _ in entries if arrival.request}
    if not asked:
        return list(entries)
    rows = [(key, asked[key][0].digest, asked[key][1].id, asked[key][0].expires_at) for key in sorted(asked)]
    claimed = await session.rows(
        "claim_requests",
        _KeyOnly,
        **columns(rows, "keys", "digests", "user_ids", "expiries"),
        now=min(user.created_at for _, user in asked.values()),
    )
    own = {row.key for row in claimed}
    others = sorted(asked.keys() - own)
    for row in await session.rows("requests_known", _Request, keys=others) if others else ():
        known.requests[row.key] = (row.digest, row.user())
    return [entry for entry in entries if entry[1].request is None or entry[1].request.key in own]


async def _write(session: Session, entries: Sequence[_Entry]) -> set[str]:
    """Add users with their occasions; return the ids of those whose address was free."""
    in_one_order = sorted(entries, key=lambda entry: entry[2])
    users = [user_columns(arrival.user, address) for _, arrival, address in in_one_order]
    occasions = [
        occasion_columns(each, arrival.user.profile) for _, arrival, _ in in_one_order for each in arrival.occasions
    ]
    rows = await session.rows(
        "add_users", IdRow, **columns(users, *USER_COLUMNS), **columns(occasions, *OCCASION_COLUMNS)
    )
    return {str(row.id) for row in rows}


def _values(arrival: Arrival, address: str) -> dict[str, object]:
    user, occasion = arrival.user, arrival.occasions[0]
    values = dict(zip(USER_VALUES, user_columns(user, address), strict=True))
    return values | dict(zip(OCCASION_VALUES, occasion_columns(occasion, user.profile), strict=True))


async def _learn_holders(session: Session, refused: Sequence[_Entry], known: _Known) -> None:
    """Learn who has the addresses of those refused, and give their request keys back."""
    if not refused:
        return
    rows = await session.rows("holders_of_emails", UserRow, email_keys=[address for _, _, address in refused])
    known.holders |= {email_key(row.email): row.user() for row in rows}
    keys = [arrival.request.key for _, arrival, _ in refused if arrival.request is not None]
    if keys:
        await session.run("free_requests", keys=keys)
