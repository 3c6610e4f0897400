"""Import people from a file: batch by batch, resumable, and safe to repeat.

With every batch the checkpoint of the one before it goes into the store's facts, under the file's fingerprint: every
byte of it, and how it is read. An import that was killed goes on from there when it is asked for again; a batch that
had landed without its checkpoint lands again as `unchanged`, so nobody is lost and nobody is added twice.

An import that has finished begins anew when it is repeated: every row is compared again and comes out `unchanged`, its
bad rows are reported again, and people who were removed since are added again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from natalis.domain.rulebook import Rulebook
from natalis.ports.cache import Cache
from natalis.ports.clock import Clock
from natalis.ports.facts import Facts
from natalis.ports.people import People
from natalis.ports.people_file import START, BadRow, Batch, PeopleFile, Position
from natalis.usecases import freshness
from natalis.usecases.import_check import Checked, CheckedRow, RowCheck
from natalis.usecases.import_landing import Landing, Rehearsal, StoreLanding
from natalis.usecases.import_result import Outcome, Progress, Result, Tally, Wanted
from natalis.usecases.manage_users import IdSource, uuid7

BATCH = 1_000  # rows: enough to make a commit cheap, few enough to lose no time when killed


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    position: Position = START
    tally: Tally = field(default_factory=Tally)
    finished: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    """A batch that has been read and checked, and can land."""

    rows: Sequence[Checked]
    after: Position
    now: datetime


class ImportPeople:
    """Imports files of people.

    Args:
        people: Where they go.
        facts: Keeps the checkpoints.
        cache: What it keeps of lists and users is forgotten.
        clock: Tells the time.
        book: The rules of every kind, and the zones.
        new_id: Makes the ids.
    """

    def __init__(
        self,
        people: People,
        facts: Facts,
        cache: Cache,
        clock: Clock,
        book: Rulebook,
        *,
        new_id: IdSource = uuid7,
    ) -> None:
        self._people = people
        self._facts = facts
        self._cache = cache
        self._clock = clock
        self._book = book
        self._new_id = new_id

    async def run(self, file: PeopleFile, wanted: Wanted) -> AsyncIterator[Progress]:
        """Import `file`, and say after each batch how far it has come; the last progress is `finished`.

        Reading and checking the next batch goes on while the store writes the one before it.

        Raises:
            UnknownZone: The default zone is not in the database.
        """
        check = RowCheck(self._book, self._new_id, wanted.default_zone)
        landing = self._landing(wanted)
        identity = None if wanted.dry_run else _identity(file, wanted)
        known = _Checkpoint() if identity is None or wanted.restart else await self._known(identity)
        resumed_at = known.position.line if known.position != START else None
        batches = file.batches(start=known.position, limit=BATCH)
        ready = await self._read(batches, check)
        while ready is not None:
            # In one go, so that the store can put the last batch's checkpoint and this batch on the disk together.
            results, _, following = await asyncio.gather(
                _land(landing, ready), self._remember(identity, known), self._read(batches, check)
            )
            known = _Checkpoint(ready.after, known.tally.plus(results))
            yield Progress(known.position.offset, file.size, known.tally, results, resumed_at)
            ready = following
        await self._remember(identity, replace(known, finished=True))
        yield Progress(file.size, file.size, known.tally, (), resumed_at, finished=True)

    def _landing(self, wanted: Wanted) -> Landing:
        if wanted.dry_run:
            return Rehearsal(self._people, update=wanted.update)
        return StoreLanding(self._people, self._cache, self._book, update=wanted.update)

    async def _read(self, batches: Iterator[Batch], check: RowCheck) -> _Ready | None:
        """Read and check the next batch; async only so that it can be gathered with a landing."""
        batch = next(batches, None)
        if batch is None:
            return None
        now = self._clock.now()
        return _Ready(check.check(batch.entries, now), batch.after, now)

    async def _known(self, identity: str) -> _Checkpoint:
        text = await self._facts.get(_fact(identity))
        found = {} if text is None else json.loads(text)
        if found.get("identity") != identity or found["finished"]:
            return _Checkpoint()
        return _Checkpoint(Position(*found["position"]), Tally(**found["tally"]))

    async def _remember(self, identity: str | None, known: _Checkpoint) -> None:
        if identity is None:
            return
        await freshness.forget_lists(self._cache)
        await self._facts.put(_fact(identity), json.dumps({"identity": identity, **asdict(known)}))


async def _land(landing: Landing, ready: _Ready) -> list[Result]:
    good = [row for row in ready.rows if isinstance(row, CheckedRow)]
    landed = iter(await landing.land(good, ready.now) if good else ())
    return [
        Result(row.line, Outcome.BAD, None, row.reason) if isinstance(row, BadRow) else next(landed)
        for row in ready.rows
    ]


def _identity(file: PeopleFile, wanted: Wanted) -> str:
    """Return what tells imports apart: another default zone or another policy is another import."""
    return f"{file.fingerprint} {wanted.default_zone or ''} {'update' if wanted.update else 'keep'}"


def _fact(identity: str) -> str:
    """Return the fact that holds a checkpoint: one of 256, so that a million imports leave no million facts behind.

    Should two imports that were both broken off share one, the earlier begins anew: slower, and as right.
    """
    return f"import checkpoint {hashlib.blake2b(identity.encode(), digest_size=1).hexdigest()}"
