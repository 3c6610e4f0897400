"""An import that is broken off, killed or repeated: nobody is lost and nobody is added twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from natalis.stores.sqlite import open_store
from natalis.usecases.import_result import Tally

Office: TypeAlias = Any
HEADER = "first,last,email,dob,tz\n"


def people(count: int) -> str:
    return HEADER + "".join(f"Ada,No{n},ada{n}@example.org,1985-12-10,Europe/London\n" for n in range(count))


async def test_an_import_that_was_broken_off_goes_on_where_it_was(office: Office) -> None:
    content = people(3_500)
    await office.take(content, until=lambda step: step.tally.rows == 2_000)
    rest = await office.take(content)
    assert rest.steps[0].resumed_at == 1_002  # the checkpoint of a batch comes with the batch after it
    assert rest.tally == Tally(added=2_500, unchanged=1_000)
    assert len(await office.people()) == 3_500


async def test_counts_go_on_from_those_before_the_interruption(office: Office) -> None:
    content = people(1_500) + "bad\n" + people(3_000).removeprefix(HEADER)
    await office.take(content, until=lambda step: step.tally.rows == 3_000)
    assert (await office.take(content)).tally.rows == 4_501


async def test_restart_begins_anew(office: Office) -> None:
    content = people(2_500)
    await office.take(content, until=lambda step: step.tally.rows == 2_000)
    again = await office.take(content, restart=True)
    assert again.steps[0].resumed_at is None
    assert again.tally == Tally(added=500, unchanged=2_000)


async def test_a_file_that_was_corrected_is_another_file(office: Office) -> None:
    content = people(2_500)
    await office.take(content.replace("No7,", "X77,"), until=lambda step: step.tally.rows == 2_000)
    assert (await office.take(content)).tally == Tally(added=500, unchanged=1_999, conflict=1)


async def test_another_way_of_importing_the_same_file_is_another_import(office: Office) -> None:
    content = people(2_500)
    await office.take(content, until=lambda step: step.tally.rows == 2_000)
    assert (await office.take(content, update=True)).steps[0].resumed_at is None


async def test_an_import_that_finished_compares_every_row_again(office: Office) -> None:
    content = people(1_200)
    await office.take(content)
    gone = await office.holder("ada7@example.org")
    await office.store.people.remove(gone.id, now=office.clock.now(), erase=False)
    again = await office.take(content)
    assert (again.steps[0].resumed_at, again.tally) == (None, Tally(added=1, unchanged=1_199))


async def test_two_imports_of_one_file_at_once_add_everybody_once(office: Office) -> None:
    content = people(2_500)
    one, other = await asyncio.gather(office.take(content), office.take(content))
    assert one.tally.added + other.tally.added == 2_500
    assert one.tally.rows == other.tally.rows == 2_500
    assert len(await office.people()) == 2_500


IMPORTER = """
import asyncio, sys
from pathlib import Path
from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.formats.detect import open_people
from natalis.stores.sqlite import open_store
from natalis.testing.builders import NOON, a_rulebook
from natalis.usecases.import_people import ImportPeople
from natalis.usecases.import_result import Wanted

async def main(database, path):
    store, clock = await open_store(Path(database)), VirtualClock(NOON)
    importing = ImportPeople(store.people, store.facts, MemoryCache(clock), clock, a_rulebook())
    with open(path, "rb") as file:
        async for step in importing.run(open_people(file), Wanted()):
            print(step.tally.rows, step.finished, flush=True)
    await store.connection.close()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("lines_seen", [1, 2, 3, 5])
def test_a_process_killed_at_any_point_loses_nothing_and_adds_nobody_twice(lines_seen: int, tmp_path: Path) -> None:
    file, database = tmp_path / "people.csv", tmp_path / "natalis.db"
    file.write_text(people(7_500))
    command = [sys.executable, "-c", IMPORTER, str(database), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as importer:
        assert importer.stdout is not None
        for _ in range(lines_seen):
            importer.stdout.readline()
        os.kill(importer.pid, signal.SIGKILL)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert sorted(asyncio.run(addresses(database))) == sorted(f"ada{n}@example.org" for n in range(7_500))


async def addresses(database: Path) -> list[str]:
    store = await open_store(database)
    page = await store.people.page(email=None, limit=10_000, cursor=None)
    await store.connection.close()
    return [user.profile.email for user in page.items]
