"""The threads behind the store: one that writes with group commit, a few that read.

Writes submitted while a transaction runs are taken together into the next one, each in its own savepoint; they are
acknowledged once that transaction is on the disk. `durability.md` beside this file says what that buys and costs.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from natalis.errors import StoreUnavailable
from natalis.ports.store import Pool
from natalis.stores.sqlite.failures import unavailable
from natalis.stores.sqlite.session import Session

T = TypeVar("T")
GROUP_LIMIT = 64  # writes in one transaction: enough to share a disk flush, few enough to answer the first one soon
Work: TypeAlias = Callable[[Session], T]


@dataclass(slots=True, eq=False)
class _Job:
    """One piece of work, and the future of the coroutine that waits for it."""

    work: Work[Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class _Lane:
    """A queue of jobs, ended by None, the threads that serve it, and how many coroutines wait for it."""

    jobs: SimpleQueue[_Job | None] = field(default_factory=SimpleQueue)
    threads: list[threading.Thread] = field(default_factory=list)
    waiting: int = 0

    def pool(self, name: str) -> Pool:
        return Pool(name, min(self.waiting, len(self.threads)), len(self.threads))

    def start(self, name: str, serve: Callable[[], None]) -> None:
        thread = threading.Thread(target=serve, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()

    def end(self) -> None:
        for _ in self.threads:
            self.jobs.put(None)
        for thread in self.threads:
            thread.join()


class Engine:
    """Runs work on the database without blocking the event loop.

    Args:
        path: The file, named in errors.
        writer: The connection that writes.
        readers: Connections that only read, one thread for each.
        release: Called once, after the last connection is closed.
    """

    def __init__(
        self, path: Path, writer: sqlite3.Connection, readers: Sequence[sqlite3.Connection], release: Callable[[], None]
    ) -> None:
        self._path = path
        self._release = release
        self._closing: asyncio.Task[None] | None = None
        self._writes, self._reads = _Lane(), _Lane()
        self._writes.start("natalis-store-writer", lambda: self._serve_writes(writer))
        for connection in readers:
            self._reads.start("natalis-store-reader", lambda own=connection: self._serve_reads(own))  # type: ignore[misc] # mypy cannot infer a lambda's default

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction that other writes may share; return once it is durable.

        What `work` raises is raised here, and undone; the others are not touched by it.
        """
        return await self._submit(self._writes, work)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent picture of everything committed before."""
        return await self._submit(self._reads, work)

    def pools(self) -> Sequence[Pool]:
        """Return how many of the connections are at work."""
        return self._writes.pool("writer"), self._reads.pool("readers")

    async def close(self) -> None:
        """Finish what was submitted, then let go of every file; harmless when repeated."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(asyncio.to_thread(self._end))
        await asyncio.shield(self._closing)

    async def _submit(self, lane: _Lane, work: Work[T]) -> T:
        if self._closing is not None:
            raise StoreUnavailable(f"the database {self._path} is closed: open it again")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        lane.jobs.put(_Job(work, future, loop))
        lane.waiting += 1
        try:
            return await future
        finally:
            lane.waiting -= 1

    def _end(self) -> None:
        self._reads.end()
        self._writes.end()
        self._release()

    def _serve_writes(self, connection: sqlite3.Connection) -> None:
        session, jobs = Session(connection), self._writes.jobs
        while (first := jobs.get()) is not None:
            group = _with_those_waiting(first, jobs)
            self._commit_together(session, [job for job in group if not job.future.cancelled()])
        connection.close()

    def _commit_together(self, session: Session, group: Sequence[_Job]) -> None:
        connection = session.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in group:
                self._attempt(job, session)
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must live on for the next group
            _roll_back(connection)
            for job in group:
                job.error = job.error or self._told(error)
        _settle(group)

    def _attempt(self, job: _Job, session: Session) -> None:
        connection = session.connection
        connection.execute("SAVEPOINT one")
        try:
            job.result = job.work(session)
        except BaseException as error:  # it belongs to whoever waits, not to this thread
            if not connection.in_transaction:
                raise  # SQLite has given up the whole transaction: the disk is full, or broken
            job.error = self._told(error)
            connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")

    def _serve_reads(self, connection: sqlite3.Connection) -> None:
        session, jobs = Session(connection), self._reads.jobs
        while (job := jobs.get()) is not None:
            if not job.future.cancelled():
                self._look(session, job)
                _settle([job])
        connection.close()

    def _look(self, session: Session, job: _Job) -> None:
        try:
            session.connection.execute("BEGIN")
            job.result = job.work(session)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits, not to this thread
            job.error = self._told(error)
        _roll_back(session.connection)

    def _told(self, error: BaseException) -> BaseException:
        return unavailable(error, self._path) if isinstance(error, sqlite3.Error) else error


def _with_those_waiting(first: _Job, jobs: SimpleQueue[_Job | None]) -> list[_Job]:
    group = [first]
    while len(group) < GROUP_LIMIT:
        try:
            job = jobs.get_nowait()
        except Empty:
            break
        if job is None:
            jobs.put(None)  # the end: what is in hand comes first
            break
        group.append(job)
    return group


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _settle(group: Sequence[_Job]) -> None:
    for loop in {job.loop for job in group}:
        own = [job for job in group if job.loop is loop]
        try:
            loop.call_soon_threadsafe(_wake, own)
        except RuntimeError:
            continue  # that loop has ended, and with it whoever waited


def _wake(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue  # its waiter was cancelled meanwhile
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
