"""pgbouncer as tests are given it."""

from __future__ import annotations

import asyncpg
import pytest

from natalis.testing.servers.pgbouncer import PooledDatabase

pytestmark = pytest.mark.network


async def _ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url, statement_cache_size=0, timeout=20)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_it_reaches_the_tests_own_database(pgbouncer: PooledDatabase) -> None:
    pgbouncer.database.sql("create table person as select 'Ada' as name")
    pgbouncer.database.sql("grant select on person to natalis")
    assert await _ask(pgbouncer.url, "select name from person") == "Ada"
    assert await _ask(pgbouncer.url, "select current_user::text") == "natalis"


async def test_two_clients_share_one_connection_between_their_transactions(pgbouncer: PooledDatabase) -> None:
    one = await asyncpg.connect(pgbouncer.url, statement_cache_size=0)
    two = await asyncpg.connect(pgbouncer.url, statement_cache_size=0)
    process = "select pg_backend_pid()"
    assert await one.fetchval(process) == await two.fetchval(process)
    async with one.transaction():
        assert await one.fetchval(process) != await two.fetchval(process)
    await one.close()
    await two.close()


async def test_it_outlives_a_restart_of_its_postgresql(pgbouncer: PooledDatabase) -> None:
    await _ask(pgbouncer.url, "select 1")
    pgbouncer.database.server.restart()
    connection = await asyncpg.connect(pgbouncer.url, statement_cache_size=0)
    assert await connection.fetchval("select 1") == 1
    await connection.close()


async def test_it_can_be_killed_and_comes_back_on_its_port(pgbouncer: PooledDatabase) -> None:
    pgbouncer.server.kill()
    with pytest.raises(ConnectionRefusedError):
        await _ask(pgbouncer.url, "select 1")
    pgbouncer.server.start()
    assert await _ask(pgbouncer.url, "select 1") == 1
    pgbouncer.server.stop()
    assert not pgbouncer.server.is_running


def test_its_console_shows_its_pools(pgbouncer: PooledDatabase) -> None:
    assert "transaction" in pgbouncer.server.console("SHOW CONFIG")
