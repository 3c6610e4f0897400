"""A connection of its own, outside of any pool: for what is done rarely, and may take long or must wait for nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg

from natalis.stores.postgres.address import Address
from natalis.stores.postgres.failures import DRIVER_ERRORS, translated, unreadable
from natalis.stores.postgres.session import Connection

_CONNECT = timedelta(seconds=10)


@asynccontextmanager
async def connected(
    address: Address, *, within: timedelta = _CONNECT, statement: timedelta | None = None
) -> AsyncIterator[Connection]:
    """Open a connection and close it in the end.

    Args:
        address: Where the server is.
        within: How long it may take to let us in.
        statement: How long each answer may take; None for as long as it takes: to copy a large table, for instance.

    Raises:
        StoreUnavailable: The server cannot be reached, or failed.
    """
    seconds, patience = within.total_seconds(), None if statement is None else statement.total_seconds()
    try:
        try:
            connection = await asyncpg.connect(
                address.url, timeout=seconds, command_timeout=patience, statement_cache_size=0
            )
        except ValueError as error:  # the driver's word on a URL that it cannot read
            raise unreadable(error, address.shown) from error
        try:
            yield connection
        finally:
            await connection.close(timeout=seconds)
    except DRIVER_ERRORS as error:
        raise translated(error, address.shown) from error
