"""From PostgreSQL's errors to ours: what is out of reach is `StoreUnavailable`, each with what to do about it."""

from __future__ import annotations

import asyncpg
from asyncpg import exceptions as said

from natalis.errors import InvalidInput, NatalisError, StoreUnavailable
from natalis.stores.postgres.address import FORM

REPEATABLE = (
    said.DeadlockDetectedError,
    said.SerializationError,
    said.InvalidCachedStatementError,  # a migration changed what a statement returns; it is prepared anew
    asyncpg.exceptions.OutdatedSchemaCacheError,
)
"""The whole transaction was undone, and running it again is right."""
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""All that the driver raises; a time-out and a lost connection are `OSError`s or `TimeoutError`s."""
_NOT_TEXT = (said.CharacterNotInRepertoireError, said.UntranslatableCharacterError, UnicodeEncodeError)
_UNFORESEEN = "this should not happen; please report it"
_REMEDIES: tuple[tuple[type[BaseException], str], ...] = (
    (said.InvalidPasswordError, "check the user and the password in DATABASE_URL"),
    (said.InvalidAuthorizationSpecificationError, "check the user in DATABASE_URL, and pg_hba.conf on the server"),
    (said.InvalidCatalogNameError, "create the database: createdb, or CREATE DATABASE"),
    (said.InsufficientPrivilegeError, "give this user the right to create and use tables in the database"),
    (said.TooManyConnectionsError, "raise max_connections, or put pgbouncer in between"),
    (said.UndefinedTableError, "bring the database up to date: natalis migrate --apply"),
    (said.UndefinedColumnError, "bring the database up to date: natalis migrate --apply"),
    (said.UndefinedFunctionError, "bring the database up to date: natalis migrate --apply"),
    (said.DiskFullError, "the server's disk is full; make room, nothing acknowledged was lost"),
    (said.ReadOnlySQLTransactionError, "this server takes no writes; name the primary in DATABASE_URL"),
    (said.QueryCanceledError, "the statement took longer than its time-out; see what keeps the server busy"),
    (said.IdleInTransactionSessionTimeoutError, "this process stood still in a transaction; it is tried again"),
    (said.OperatorInterventionError, "the server is starting, stopping or recovering; it is tried again"),
    (said.PostgresConnectionError, "the connection was lost; it is tried again"),
    (asyncpg.DataError, _UNFORESEEN),
    (asyncpg.ClientConfigurationError, f"mend its address: {FORM}"),
    (asyncpg.InterfaceError, "the connection was lost; it is tried again"),
    (TimeoutError, "it answers too late; see whether it is overloaded, or raise the pool's size"),
    (OSError, "see that the server runs and can be reached from here"),
)


def translated(error: BaseException, shown: str) -> NatalisError:
    """Return what to raise in place of `error`, which came up while talking to the server at `shown`."""
    if isinstance(error, _NOT_TEXT) or isinstance(error.__cause__, _NOT_TEXT):
        return InvalidInput("text", "holds a character that cannot be stored", "leave out NUL and lone surrogates")
    remedy = next((text for kind, text in _REMEDIES if isinstance(error, kind)), None)
    what = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return StoreUnavailable(f"the database {shown} does not answer ({what}): {remedy or _UNFORESEEN}")


def unreadable(error: ValueError, shown: str) -> StoreUnavailable:
    """Return what to raise where the driver cannot read an address."""
    return StoreUnavailable(f"the address {shown} cannot be read ({error}): {FORM}")
