"""How fast does a CSV file of a million people land in SQLite, and in how much memory?"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from natalis.clocks.system import SystemClock
from natalis.domain.rulebook import Rulebook
from natalis.formats.detect import open_people
from natalis.ports.people_file import START
from natalis.ports.store import Store
from natalis.runtime.kinds import DEFAULT_KINDS
from natalis.stores.sqlite import open_store
from natalis.usecases.import_check import RowCheck
from natalis.usecases.import_result import Tally, Wanted
from natalis.usecases.manage_users import uuid7
from natalis.zones.pinned import TzdataZones
from perf.crowd import Crowd, importing, write_csv
from perf.figures import MEBIBYTE, Figure, resident
from perf.targets import at_least, at_most


def run(*, quick: bool) -> list[Figure]:
    """Import a file into a new database, then import it again."""
    count = 50_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory(prefix="natalis-perf-") as folder:
        path = Path(folder) / "people.csv"
        write_csv(Crowd(count), path)
        database = Path(folder) / "natalis.db"
        figures = asyncio.run(_measure(path, database, count))
        return [
            *figures,
            Figure("file", path.stat().st_size / MEBIBYTE, "MiB"),
            Figure("database", database.stat().st_size / MEBIBYTE, "MiB"),
        ]


async def _measure(path: Path, database: Path, count: int) -> list[Figure]:
    alone, busy = _without_a_store(path)
    figures = [
        Figure("read and checked, not stored", count / alone, "rows/s"),
        Figure("processor time to read and check", busy / count * 1e6, "us/row"),
    ]
    store = await open_store(database)
    try:
        rehearsed, _ = await _import(store, path, Wanted(dry_run=True))
        memory_of_dry_run = resident(peak=True)
        begun = time.process_time()
        first, tally = await _import(store, path, Wanted())
        busy = time.process_time() - begun
        memory = resident(peak=True)
        again, repeated = await _import(store, path, Wanted())
    finally:
        await store.connection.close()
    if (tally, repeated) != (Tally(added=count), Tally(unchanged=count)):
        raise SystemExit(f"rows were lost: {tally}, {repeated}")
    return [
        Figure("imported into a new database", count / first, "rows/s", at_least(30_000, stretch=60_000)),
        Figure("processor time to import", busy / count * 1e6, "us/row"),
        Figure("imported again, all unchanged", count / again, "rows/s"),
        Figure("dry run before it", count / rehearsed, "rows/s"),
        Figure("peak resident memory after the dry run", memory_of_dry_run, "MiB", at_most(128, stretch=90)),
        Figure("peak resident memory after the import too", memory, "MiB", at_most(128, stretch=90)),
        *figures,
    ]


def _without_a_store(path: Path) -> tuple[float, float]:
    clock = SystemClock()
    check = RowCheck(Rulebook(DEFAULT_KINDS, TzdataZones().get), uuid7, None)
    begun, busy = time.perf_counter(), time.process_time()
    with path.open("rb") as file:
        for batch in open_people(file, name=path.name).batches(start=START, limit=1_000):
            check.check(batch.entries, clock.now())
    return time.perf_counter() - begun, time.process_time() - busy


async def _import(store: Store, path: Path, wanted: Wanted) -> tuple[float, Tally]:
    begun, tally = time.perf_counter(), Tally()
    with path.open("rb") as file:
        async for progress in importing(store, SystemClock()).run(open_people(file, name=path.name), wanted):
            tally = progress.tally
    return time.perf_counter() - begun, tally
