"""Brings a database up to date while the service is up: step by step, safe to repeat and to interrupt.

One process migrates at a time, others wait for it and then find nothing to do. A step is noted in the transaction that
does it, or right after it where none may; whatever is cut off is done again from the step it had come to.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from asyncpg.exceptions import LockNotAvailableError

from natalis.errors import StoreUnavailable
from natalis.ports.clock import Clock
from natalis.stores.postgres.address import Address, parse_address
from natalis.stores.postgres.lone import connected
from natalis.stores.postgres.migration_files import Step, StepKind, load_steps
from natalis.stores.postgres.session import Connection, Row, Session

MIGRATIONS = "natalis.stores.postgres.migrations"
_BREATH = timedelta(milliseconds=200)  # between two tries to become the one who migrates
_LOCK_TIMEOUT = "2s"  # whoever comes after a statement that waits for a lock waits with it: not for long
_TRIES = 30
STAY = "SET LOCAL idle_in_transaction_session_timeout = 0"
"""Told to a transaction that only keeps a lock: it may stand still, and what it asked before keeps no snapshot."""
_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """What there is to do.

    Attributes:
        place: The database, without a password.
        version: The last migration it has had whole; 0 for none.
        missing: The steps it lacks, in order.
    """

    place: str
    version: int
    missing: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is.

    Attributes:
        step: Which.
        rows: How many rows it has changed so far; 0 where nobody counts.
        finished: Whether it is done.
    """

    step: Step
    rows: int
    finished: bool


class _Yes(Row):
    yes: bool


class _Done(Row):
    version: int
    step: str
    works_with: int


async def plan_migrations(url: str, *, package: str = MIGRATIONS) -> MigrationPlan:
    """Say what is missing; nothing is written.

    Args:
        url: The database; best without a pooler in between.
        package: Where the migrations are.

    Raises:
        StoreUnavailable: It cannot be reached, belongs to another program, or needs a newer version of this one.
    """
    address = parse_address(url)
    async with connected(address) as connection:
        return await _plan(Session(connection), load_steps(package), address)


async def apply_migrations(
    url: str, *, clock: Clock, progress: Callable[[Progress], None] | None = None, package: str = MIGRATIONS
) -> MigrationPlan:
    """Do what is missing, and say how it is then; harmless when repeated, and when several processes do it at once.

    Args:
        url: The database; best without a pooler in between.
        clock: To wait for another process, or for a lock.
        progress: Told when a step begins, after each batch, and when it has ended.
        package: Where the migrations are.

    Raises:
        StoreUnavailable: It cannot be reached, belongs to another program, needs a newer version of this one, or a
            lock could not be had; what was done stays done.
    """
    address, steps = parse_address(url), load_steps(package)
    async with connected(address) as guard, _alone(guard, clock), connected(address) as connection:
        session = Session(connection)
        for step in (await _plan(session, steps, address)).missing:
            await _do(session, step, clock, progress or _tell_nobody)
        return await _plan(session, steps, address)


async def _plan(session: Session, steps: Sequence[Step], address: Address) -> MigrationPlan:
    if not await yes(session, "has_migrations"):
        if await yes(session, "has_other_tables"):
            raise StoreUnavailable(f"the database {address.shown} belongs to another program: name another one")
        return MigrationPlan(address.shown, 0, tuple(steps))
    done = {(row.version, row.step): row for row in await session.rows("steps_done", _Done)}
    known = max(step.version for step in steps)
    if any(row.works_with > known for row in done.values()):
        raise StoreUnavailable(f"the database {address.shown} needs a newer version of Natalis: install that version")
    missing = tuple(step for step in steps if (step.version, step.name) not in done)
    whole = min((step.version - 1 for step in missing), default=max([known, *(version for version, _ in done)]))
    return MigrationPlan(address.shown, whole, missing)


async def _do(session: Session, step: Step, clock: Clock, progress: Callable[[Progress], None]) -> None:
    progress(Progress(step, 0, finished=False))
    rows = 0
    match step.kind:
        case StepKind.TRANSACTION:
            await _in_transaction(session, step, clock, done=True)
        case StepKind.BATCHES:
            while changed := await _in_transaction(session, step, clock, done=False):
                rows += changed
                progress(Progress(step, rows, finished=False))
            await _note(session, step)
        case StepKind.ALONE:
            await _outside(session, step)
            await _note(session, step)
        case other:
            assert_never(other)
    progress(Progress(step, rows, finished=True))


async def _in_transaction(session: Session, step: Step, clock: Clock, *, done: bool) -> int:
    """Run a step once, in a transaction that gives up a lock it cannot have soon, and try again."""
    connection = session.connection
    for _ in range(_TRIES):
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                tag = await connection.execute(step.sql)
                if done:
                    await _note(session, step)
        except LockNotAvailableError:
            await clock.sleep(_BREATH)
        else:
            count = str(tag).rpartition(" ")[2]
            return int(count) if count.isdecimal() else 0
    raise StoreUnavailable(
        f"migration {step.version:04d} {step.name} could not lock its table {_TRIES} times: see which transaction "
        "holds it (pg_locks), end that one, and migrate again"
    )


async def _outside(session: Session, step: Step) -> None:
    """Run a statement that no transaction may hold, after taking away an index that an earlier try left half built."""
    index = _INDEX.search(step.sql)
    if index is not None and await yes(session, "broken_index", name=index[1]):
        await session.connection.execute(f"DROP INDEX CONCURRENTLY {index[1]}")
    await session.connection.execute(step.sql)


async def _note(session: Session, step: Step) -> None:
    if not await yes(session, "has_migrations"):
        await session.run_script("begin_migrations")
    await session.run("note_step", version=step.version, step=step.name, works_with=step.works_with)


@asynccontextmanager
async def _alone(connection: Connection, clock: Clock) -> AsyncIterator[None]:
    """Be the one who migrates, by a lock that lasts as long as a transaction: a pooler keeps no longer ones."""
    session = Session(connection)
    while True:
        transaction = connection.transaction()
        await transaction.start()
        if await yes(session, "lock_migrations"):
            break
        await transaction.rollback()
        await clock.sleep(_BREATH)
    await connection.execute(STAY)
    try:
        yield
    finally:
        if not connection.is_closed():
            await transaction.rollback()


async def yes(session: Session, query: str, /, **values: object) -> bool:
    """Return the answer of a query that is either."""
    row = await session.row(query, _Yes, **values)
    return row is not None and row.yes


def _tell_nobody(_: Progress) -> None:
    """Stand in for a caller who does not ask how far it is."""
