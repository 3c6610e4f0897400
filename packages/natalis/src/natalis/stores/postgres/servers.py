"""One server and the pool of connections to it: how each is opened, and what every session is told.

What a session is told goes with the connection where the server itself is at the other end. Behind a pooler in
transaction mode (pgbouncer) there is no session, so each transaction is told, in the message that begins it; and no
statement is prepared under a name, for the next one may be prepared on another server connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from natalis.ports.store import Pool
from natalis.stores.postgres.address import Address
from natalis.stores.postgres.failures import DRIVER_ERRORS, translated, unreadable
from natalis.stores.postgres.options import PoolOptions
from natalis.stores.postgres.session import Session

_PLANS: Mapping[str, str] = {
    # Every query here is a range of an index, or one look-up for each row of an array: promises that tests check. The
    # planner keeps them also where it knows nothing yet, as in a month that was empty when it last looked.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_sort": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}
_BEGIN = "BEGIN ISOLATION LEVEL"
_CONNECT_SECONDS = 2.0
_GOODBYE_SECONDS = 2.0
_BEYOND_THE_SERVERS_OWN = timedelta(seconds=2)  # a server that is alive says itself that a statement took too long
_NO_LIMIT = 10**9
_POOLS_OWN_LOG = logging.getLogger("asyncpg.pool")
_SETTINGS_REFUSED = "unsupported startup parameter"


@dataclass(frozen=True, slots=True)
class Manner:
    """How to talk to a server.

    Attributes:
        statement: How long a statement may take.
        pool: Sizes and time-outs.
        instance: Who we are, as the server lists us.
        pooled: Whether a pooler in transaction mode stands in between.
    """

    statement: timedelta
    pool: PoolOptions
    instance: str
    pooled: bool

    @property
    def settings(self) -> Mapping[str, str]:
        """What a session, or each transaction, is told."""
        return {
            "statement_timeout": _milliseconds(self.statement),
            "idle_in_transaction_session_timeout": _milliseconds(self.pool.stalled),
            "default_transaction_isolation": "read committed",  # whatever the database's own default is
            **_PLANS,
        }

    @property
    def begin(self) -> str:
        """The message that begins a transaction."""
        told = [f"SET LOCAL {name} = '{value}'" for name, value in self.settings.items()] if self.pooled else []
        return "; ".join([f"{_BEGIN} READ COMMITTED", *told])

    @property
    def begin_reading(self) -> str:
        """The message that begins a transaction which sees one consistent picture."""
        return self.begin.replace(f"{_BEGIN} READ COMMITTED", f"{_BEGIN} REPEATABLE READ READ ONLY", 1)


class Server:
    """One server, its pool, and transactions on it.

    Args:
        address: Where it is.
        manner: How to talk to it.
        pool: Open connections.
    """

    def __init__(self, address: Address, manner: Manner, pool: asyncpg.Pool) -> None:
        self.address = address
        self._manner = manner
        self._pool = pool

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Lend a connection; one that was left in an unknown state is dropped, and the pool opens another.

        Raises:
            StoreUnavailable: The server cannot be reached, failed, or took too long.
            InvalidInput: It was given a character that it cannot store.
        """
        try:
            connection = await self._pool.acquire(timeout=self._manner.pool.acquire.total_seconds())
        except DRIVER_ERRORS as error:
            raise translated(error, self.address.shown) from error
        try:
            yield Session(connection)
        except DRIVER_ERRORS as error:
            _drop_unless_sound(connection, error)
            if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                await self._pool.expire_connections()  # another server may be the primary by now: look for it anew
            raise translated(error, self.address.shown) from error
        except Exception:
            _drop_if_busy(connection)
            raise
        except BaseException:
            _drop(connection)  # cancelled in the middle: to wait for the server's word could take for ever
            raise
        finally:
            await self._pool.release(connection)

    @contextlib.asynccontextmanager
    async def transaction(self, *, reading: bool = False) -> AsyncIterator[Session]:
        """Run a transaction; it is committed when the block ends, and undone when that raises."""
        async with self.session() as session:
            connection = session.connection
            await connection.execute(self._manner.begin_reading if reading else self._manner.begin)
            try:
                yield session
            except Exception:
                if not _is_lost(connection):
                    await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")

    @contextlib.asynccontextmanager
    async def single(self) -> AsyncIterator[Session]:
        """Run one statement, which is a transaction of its own; a pooler needs to be told where it begins and ends."""
        if self._manner.pooled:
            async with self.transaction() as session:
                yield session
        else:
            async with self.session() as session:
                yield session

    def pool_as(self, name: str) -> Pool:
        """Return how many connections are in use."""
        return Pool(name, self._pool.get_size() - self._pool.get_idle_size(), self._manner.pool.most)

    async def close(self) -> None:
        """Close every connection; nothing may be under way. One that does not say goodbye soon is cut."""
        with contextlib.suppress(*DRIVER_ERRORS):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._pool.close()


async def connect(
    address: Address, *, statement: timedelta, options: PoolOptions, instance: str, may_be_away: bool = False
) -> Server:
    """Open a pool.

    Args:
        address: Where the server is.
        statement: How long a statement may take.
        options: The pool's sizes and time-outs.
        instance: Who we are.
        may_be_away: Whether the server may come later: no connection is kept open then beforehand.

    Raises:
        StoreUnavailable: The server cannot be reached, or refuses us.
    """
    _POOLS_OWN_LOG.setLevel(logging.ERROR)  # it tells of every try while a server is down, and so do we
    try:
        pooled = address.pooled or await _is_pooled(address, instance, may_be_away=may_be_away)
        manner = Manner(statement, options, instance, pooled)
        pool = await asyncpg.create_pool(
            address.url,
            min_size=0 if may_be_away else options.least,
            max_size=options.most,
            max_queries=_NO_LIMIT,
            max_inactive_connection_lifetime=options.idle.total_seconds(),
            reset=_leave_as_it_is,
            **_connecting(manner),
        )
    except ValueError as error:  # the driver's word on a URL that it cannot read
        raise unreadable(error, address.shown) from error
    except DRIVER_ERRORS as error:
        raise translated(error, address.shown) from error
    return Server(address, manner, pool)


def _connecting(manner: Manner) -> dict[str, object]:
    own = {"application_name": manner.instance, "client_encoding": "UTF8"}
    return {
        "timeout": _CONNECT_SECONDS,
        "command_timeout": (manner.statement + _BEYOND_THE_SERVERS_OWN).total_seconds(),
        "statement_cache_size": 0 if manner.pooled else 500,
        "server_settings": own if manner.pooled else {**own, **manner.settings},
    }


async def _is_pooled(address: Address, instance: str, *, may_be_away: bool) -> bool:
    """Find out whether a pooler is in between: it refuses our settings, or is not the process that answers.

    One that is away is taken for one: what a pooler bears, a server bears as well.
    """
    told = {"application_name": instance, **_PLANS}
    try:
        connection = await asyncpg.connect(
            address.url, timeout=_CONNECT_SECONDS, statement_cache_size=0, server_settings=told
        )
    except asyncpg.PostgresError as error:
        if may_be_away or _SETTINGS_REFUSED in str(error):
            return True
        raise
    except (OSError, TimeoutError):
        if may_be_away:
            return True
        raise
    try:
        return bool(connection.get_server_pid() != await connection.fetchval("SELECT pg_backend_pid()"))
    finally:
        await connection.close()


def _drop_unless_sound(connection: asyncpg.Connection, error: BaseException) -> None:
    """Drop a connection after an error, unless the server itself reported it and is ready for more."""
    if isinstance(error, asyncpg.PostgresError | asyncpg.DataError):
        _drop_if_busy(connection)
    else:
        _drop(connection)


def _drop_if_busy(connection: asyncpg.Connection) -> None:
    """Drop a connection that is still in a transaction: whoever gets it next must not find itself inside."""
    if not _is_lost(connection) and connection.is_in_transaction():
        connection.terminate()


def _drop(connection: asyncpg.Connection) -> None:
    if not _is_lost(connection):
        connection.terminate()


def _is_lost(connection: asyncpg.Connection) -> bool:
    """Say whether a connection is gone; the pool takes back what the server has closed, even while it is lent."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """Skip the pool's reset: nothing here sets anything that outlives a transaction, and it costs a round trip."""


def _milliseconds(span: timedelta) -> str:
    return str(round(span.total_seconds() * 1000))
