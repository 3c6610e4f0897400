"""Whatever is wrong with the file, the error says what to do; and one process alone runs it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from natalis.errors import StoreUnavailable
from natalis.ports.people import Added
from natalis.ports.store import Store
from natalis.stores.sqlite import open_store, opening
from natalis.stores.sqlite.session import Session
from natalis.testing.builders import an_arrival

ADD_ONE = """
import asyncio, sys
from pathlib import Path
from natalis.stores.sqlite import open_store
from natalis.testing.builders import an_arrival

async def main():
    store = await open_store(Path(sys.argv[1]))
    print(await store.people.add([an_arrival()]))
    await store.connection.close()

asyncio.run(main())
"""


async def test_one_process_alone_runs_a_file(path: Path) -> None:
    first = await open_store(path, exclusive=True)

    with pytest.raises(StoreUnavailable, match=f"process {os.getpid()}"):
        await open_store(path, exclusive=True)

    await first.connection.close()
    second = await open_store(path, exclusive=True)
    await second.connection.close()


async def test_an_import_may_write_beside_the_process_that_runs_the_file(path: Path) -> None:
    store = await open_store(path, exclusive=True)

    done = await asyncio.to_thread(_add_one, path)

    assert "Added" in done.stdout, done.stderr
    assert len((await store.people.page(email=None, limit=10, cursor=None)).items) == 1
    await store.connection.close()


async def test_a_failed_opening_leaves_the_lock_free(path: Path) -> None:
    _write_something_else(path)

    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="not a SQLite database"):
            await open_store(path, exclusive=True)


@pytest.mark.parametrize("exclusive", [False, True])
async def test_a_directory_that_does_not_exist_is_named(tmp_path: Path, exclusive: bool) -> None:
    with pytest.raises(StoreUnavailable, match="see that its directory exists"):
        await open_store(tmp_path / "nowhere" / "natalis.db", exclusive=exclusive)


async def test_a_full_disk_loses_nothing_that_was_acknowledged(path: Path) -> None:
    first = an_arrival()
    store = await _with_little_room(path)
    await store.people.add([first])

    with pytest.raises(StoreUnavailable, match="make room"):
        await store.people.add([an_arrival() for _ in range(20_000)])

    assert (await store.people.get(first.user.id)).user == first.user
    small = an_arrival()
    assert await store.people.add([small]) == [Added(small.user)]
    await store.connection.close()


async def test_a_writer_who_never_ends_is_told_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LOCK_PATIENCE_SECONDS", 0.05)
    store = await open_store(path)

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another process has been writing for too long"):
            await store.people.add([an_arrival()])
        other.execute("ROLLBACK")

    arrival = an_arrival()
    assert await store.people.add([arrival]) == [Added(arrival.user)]
    await store.connection.close()


async def test_a_damaged_file_is_told_of(path: Path) -> None:
    store = await open_store(path)
    await store.people.add([an_arrival() for _ in range(500)])
    await store.connection.close()
    _overwrite_all_but_the_first_page(path)

    with pytest.raises(StoreUnavailable, match="restore it from a backup"):
        await open_store(path)


def _add_one(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", ADD_ONE, str(path)], capture_output=True, text=True, check=False)


async def _with_little_room(path: Path) -> Store:
    store = await open_store(path)
    connection = store.people._engine  # type: ignore[attr-defined] # the only way to make the disk look small

    def limit(session: Session) -> None:
        session.connection.execute("PRAGMA max_page_count = 400")

    await connection.write(limit)
    return store


def _overwrite_all_but_the_first_page(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * (size - 4096))


def _write_something_else(path: Path) -> None:
    path.write_text("this is not a database, though it is long enough to be taken for one" * 20)


def _opened_once(path: Path) -> dict[str, int]:
    """Open a file, write, and return who may do what with everything beside it while it is open."""

    async def write() -> dict[str, int]:
        store = await open_store(path, exclusive=True)
        await store.people.add([an_arrival()])
        rights = await asyncio.to_thread(
            lambda: {beside.name: beside.stat().st_mode & 0o777 for beside in path.parent.iterdir()}
        )
        await store.connection.close()
        return rights

    return asyncio.run(write())


def test_a_new_file_and_what_lies_beside_it_are_its_owners_alone(path: Path) -> None:
    rights = _opened_once(path)

    assert len(rights) > 1
    assert set(rights.values()) == {0o600}


def test_a_file_that_is_there_keeps_the_rights_it_was_given(path: Path) -> None:
    path.touch()
    path.chmod(0o640)

    assert _opened_once(path)[path.name] == 0o640
