"""Where checked rows land: in the store, or in a rehearsal that writes nothing."""

from __future__ import annotations

import asyncio
from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Protocol, assert_never

from natalis.domain.intake import check_amendment, latest_date
from natalis.domain.person import Person, PersonChange
from natalis.domain.rulebook import Rulebook
from natalis.domain.scheduling import amend, further_dates
from natalis.domain.user import Profile, User, email_key
from natalis.errors import EmailTaken, InvalidFields, InvalidInput, NotFound
from natalis.ports.cache import Cache
from natalis.ports.people import Added, KeyReused, People, Reception, Repeated, Taken
from natalis.usecases import freshness
from natalis.usecases.import_check import CheckedRow
from natalis.usecases.import_result import Outcome, Result

_COMPARED = {
    "first_name": "firstName",
    "last_name": "lastName",
    "birthday": "birthdayDate",
    "timezone": "timezone",
    "locale": "locale",
    "leap_day": "leapDay",
}
_GONE = "the user with this address was removed just now; import the row again"


class Landing(Protocol):
    """Takes checked rows."""

    async def land(self, rows: Sequence[CheckedRow], now: datetime) -> Sequence[Result]:
        """Return what became of each row, in order."""
        ...


class StoreLanding:
    """Adds people; where an address is known compares, and with `update` changes.

    Only what a row says is compared and changed: a field it leaves empty is as it was.
    """

    def __init__(self, people: People, cache: Cache, book: Rulebook, *, update: bool) -> None:
        self._people = people
        self._cache = cache
        self._book = book
        self._update = update

    async def land(self, rows: Sequence[CheckedRow], now: datetime) -> Sequence[Result]:
        """Add the rows in one transaction, then settle those whose address is taken; rows of one holder in order."""
        receptions = await self._people.add([row.arrival for row in rows])
        turns: dict[str, list[int]] = defaultdict(list)
        for at, came in enumerate(receptions):
            turns[came.holder.id if isinstance(came, Taken) else ""].append(at)

        async def in_turn(places: Sequence[int]) -> list[tuple[int, Result]]:
            return [(at, await self._result(rows[at], receptions[at], now)) for at in places]

        settled = dict(chain.from_iterable(await asyncio.gather(*map(in_turn, turns.values()))))
        return [settled[at] for at in range(len(rows))]

    async def _result(self, row: CheckedRow, came: Reception, now: datetime) -> Result:
        match came:
            case Added(user):
                return Result(row.line, Outcome.ADDED, user.id)
            case Repeated(user):
                return Result(row.line, Outcome.UNCHANGED, user.id)
            case Taken(holder):
                return await self._settled(row, holder, now)
            case KeyReused(key):
                return Result(row.line, Outcome.CONFLICT, None, f"the request key {key!r} was used before")
            case other:
                assert_never(other)

    async def _settled(self, row: CheckedRow, holder: User, now: datetime) -> Result:
        try:
            differing = await differences(row, holder, self._people)
            if not differing:
                return Result(row.line, Outcome.UNCHANGED, holder.id)
            if not self._update:
                return conflict(row, holder, differing)
            await self._change(row, holder, now)
        except (InvalidFields, InvalidInput, EmailTaken) as error:
            return Result(row.line, Outcome.CONFLICT, holder.id, str(error).replace("\n", ". "))
        except NotFound:
            return Result(row.line, Outcome.CONFLICT, None, _GONE)
        return Result(row.line, Outcome.UPDATED, holder.id)

    async def _change(self, row: CheckedRow, holder: User, now: datetime) -> None:
        def decide(person: Person) -> PersonChange:
            profile = check_amendment(person.user.profile, row.given, latest_date(now), self._book.zone)
            return amend(person, profile, further_dates(person) | dict(row.dates), self._book, now=now)

        await self._people.change(holder.id, decide)
        await freshness.forget_user(self._cache, holder.id)


class Rehearsal:
    """Says what would become of rows, and writes nothing.

    Addresses met before in the file are remembered in 12 bytes each, at most half of them in use.
    """

    def __init__(self, people: People, *, update: bool) -> None:
        self._people = people
        self._update = update
        self._met = _Addresses()
        self._nobody: bool | None = None

    async def land(self, rows: Sequence[CheckedRow], now: datetime) -> Sequence[Result]:  # noqa: ARG002 - as its sibling
        """Compare the rows with the store and with each other."""
        if self._nobody is None:
            self._nobody = not (await self._people.page(email=None, limit=1, cursor=None)).items
        if self._nobody:
            return [self._first_met(row) for row in rows]
        holders = await asyncio.gather(*(self._holder(row) for row in rows))
        return [await self._result(row, holder) for row, holder in zip(rows, holders, strict=True)]

    async def _holder(self, row: CheckedRow) -> User | None:
        page = await self._people.page(email=row.arrival.user.profile.email, limit=1, cursor=None)
        return next(iter(page.items), None)

    async def _result(self, row: CheckedRow, holder: User | None) -> Result:
        if holder is None:
            return self._first_met(row)
        try:
            differing = await differences(row, holder, self._people)
        except NotFound:
            return Result(row.line, Outcome.CONFLICT, None, _GONE)
        if not differing:
            return Result(row.line, Outcome.UNCHANGED, holder.id)
        if self._update:
            return Result(row.line, Outcome.UPDATED, holder.id)
        return conflict(row, holder, differing)

    def _first_met(self, row: CheckedRow) -> Result:
        profile = row.arrival.user.profile
        saying = hash((*_compared(profile).values(), *((kind, day.on) for kind, day in sorted(row.dates.items()))))
        before = self._met.meet(hash(email_key(profile.email)), saying)
        if before is None:
            return Result(row.line, Outcome.ADDED)
        if before:
            return Result(row.line, Outcome.UNCHANGED)
        if self._update:
            return Result(row.line, Outcome.UPDATED)
        reason = f"{profile.email!r} stands in an earlier row with other data; remove one of them"
        return Result(row.line, Outcome.CONFLICT, None, reason)


async def differences(row: CheckedRow, holder: User, people: People) -> list[str]:
    """Return the fields, as the API names them, in which a row says other than what is stored.

    Raises:
        NotFound: The holder was removed meanwhile.
    """
    found, known = _compared(row.arrival.user.profile), _compared(holder.profile)
    said = [ours for ours in _COMPARED if getattr(row.given, ours) is not None]
    differing = [_COMPARED[ours] for ours in said if found[ours] != known[ours]]
    if row.dates:
        stored = further_dates(await people.get(holder.id))
        differing += [kind for kind, day in row.dates.items() if kind not in stored or stored[kind].on != day.on]
    return differing


def conflict(row: CheckedRow, holder: User, differing: Sequence[str]) -> Result:
    """Return that the address is known with other data."""
    email = row.arrival.user.profile.email
    reason = f"{email!r} is known with another {', '.join(differing)}; import with --update to take this row's data"
    return Result(row.line, Outcome.CONFLICT, holder.id, reason)


def _compared(profile: Profile) -> Mapping[str, object]:
    return {name: getattr(profile, name) for name in _COMPARED}


class _Addresses:
    """A set of 64-bit hashes with 32 bits beside each, in flat memory: a tenth of what a dict takes."""

    def __init__(self) -> None:
        self._grow(1 << 12)
        self._count = 0

    def meet(self, address: int, saying: int) -> bool | None:
        """Return whether this address came before with the same saying; None when it is new, and remember it."""
        address = address or 1  # zero marks a free place
        short = saying & 0x7FFF_FFFF
        at = self._place(address)
        if self._addresses[at] == address:
            return self._sayings[at] == short
        self._addresses[at], self._sayings[at] = address, short
        self._count += 1
        if self._count * 2 > self._mask:
            addresses, sayings = self._addresses, self._sayings
            self._grow((self._mask + 1) * 2)
            for known, said in zip(addresses, sayings, strict=True):
                if known:
                    at = self._place(known)
                    self._addresses[at], self._sayings[at] = known, said
        return None

    def _grow(self, size: int) -> None:
        self._mask = size - 1
        self._addresses = array("q", bytes(8 * size))
        self._sayings = array("i", bytes(4 * size))

    def _place(self, address: int) -> int:
        at = address & self._mask
        while self._addresses[at] not in {0, address}:
            at = (at + 1) & self._mask
        return at
