"""Concurrent writes share a transaction, and are acknowledged when it is on the disk."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path

import pytest

from natalis.errors import NotFound
from natalis.ports.store import Store
from natalis.stores.sqlite import open_store
from natalis.stores.sqlite.engine import GROUP_LIMIT, Engine
from natalis.stores.sqlite.session import Session
from natalis.testing.builders import an_arrival

ADD_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from natalis.stores.sqlite import open_store
from natalis.testing.builders import an_arrival

async def add(store):
    while True:
        arrival = an_arrival()
        await store.people.add([arrival])
        print(arrival.user.id, flush=True)

async def main():
    store = await open_store(Path(sys.argv[1]), exclusive=True)
    await asyncio.gather(*(add(store) for _ in range(8)))

asyncio.run(main())
"""


class Traced:
    """An engine on a bare file, with every statement its writer has run."""

    def __init__(self, path: Path) -> None:
        self.statements: list[str] = []
        writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        writer.execute("CREATE TABLE notes (text TEXT)")
        writer.set_trace_callback(self.statements.append)
        self.engine = Engine(path, writer, (), lambda: None)

    async def note(self, text: str) -> None:
        """Write one note."""
        await self.engine.write(lambda session: session.connection.execute("INSERT INTO notes VALUES (?)", (text,)))


@pytest.fixture
async def traced(path: Path) -> AsyncIterator[Traced]:
    opened = Traced(path)
    yield opened
    await opened.engine.close()


async def _with_writer_held(traced: Traced, *calls: Coroutine[None, None, None]) -> list[BaseException | None]:
    """Let the calls pile up behind a write that does not end before they are all waiting."""
    go, begun = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_: Session) -> None:
        loop.call_soon_threadsafe(begun.set)
        go.wait(timeout=30)

    holding = asyncio.ensure_future(traced.engine.write(hold))
    await begun.wait()
    results = asyncio.gather(*calls, return_exceptions=True)
    for _ in range(10):  # turns of the event loop: enough for every call to be handed in
        await asyncio.wait([results], timeout=0)
    go.set()
    await holding
    return list(await results)


async def test_writes_that_wait_together_are_committed_together(traced: Traced) -> None:
    await _with_writer_held(traced, *(traced.note(f"{number}") for number in range(GROUP_LIMIT)))

    assert len([each for each in traced.statements if each.startswith("INSERT")]) == GROUP_LIMIT
    assert traced.statements.count("COMMIT") == 2  # one of them is the holder's


async def test_a_group_has_a_limit(traced: Traced) -> None:
    await _with_writer_held(traced, *(traced.note(f"{number}") for number in range(3 * GROUP_LIMIT)))

    assert traced.statements.count("COMMIT") == 4


async def test_what_one_wrote_before_it_raised_is_undone_alone(traced: Traced) -> None:
    def write_and_raise(session: Session) -> None:
        session.connection.execute("INSERT INTO notes VALUES ('bad')")
        raise NotFound("note", "bad")

    first, failed, last = await _with_writer_held(
        traced, traced.note("first"), traced.engine.write(write_and_raise), traced.note("last")
    )

    assert (first, last) == (None, None)
    assert isinstance(failed, NotFound)
    assert await _notes(traced) == ["first", "last"]


async def test_a_write_that_was_cancelled_before_its_turn_is_not_made(traced: Traced) -> None:
    async def give_up() -> None:
        call = asyncio.ensure_future(traced.note("never"))
        await asyncio.wait([call], timeout=0)
        call.cancel()

    await _with_writer_held(traced, give_up(), traced.note("last"))

    assert await _notes(traced) == ["last"]


async def test_a_batch_takes_the_same_number_of_statements_whatever_its_size(path: Path) -> None:
    store = await open_store(path)
    counts = []
    for size in (10, 400):
        statements = await _statements_of(store, size)
        counts.append(len(statements))

    assert counts[0] == counts[1] < 12
    await store.connection.close()


def test_what_was_acknowledged_survives_the_process(path: Path) -> None:
    adding = subprocess.Popen([sys.executable, "-c", ADD_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert adding.stdout is not None
    acknowledged = [adding.stdout.readline().strip() for _ in range(200)]
    adding.send_signal(signal.SIGKILL)
    acknowledged += [line.strip() for line in adding.stdout if line.endswith("\n")]
    adding.stdout.close()
    adding.wait()

    async def read() -> list[str]:
        store = await open_store(path, exclusive=True)
        found = [(await store.people.get(user_id)).user.id for user_id in acknowledged]
        await store.connection.close()
        return found

    assert asyncio.run(read()) == acknowledged


async def _notes(traced: Traced) -> list[str]:
    def read(session: Session) -> list[str]:
        return [text for (text,) in session.connection.execute("SELECT text FROM notes")]

    return await traced.engine.write(read)


async def _statements_of(store: Store, size: int) -> list[str]:
    statements: list[str] = []
    engine = store.people._engine  # type: ignore[attr-defined] # to look at its statements
    await engine.write(lambda session: session.connection.set_trace_callback(statements.append))
    statements.clear()
    await store.people.add([an_arrival() for _ in range(size)])
    await engine.write(lambda session: session.connection.set_trace_callback(None))
    return statements
