"""PostgreSQL as tests are given it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from natalis.testing.servers.postgres import Postgres, PostgresDatabase, PostgresPair
from natalis.testing.servers.programs import ProgramFailed

pytestmark = pytest.mark.network

_MADE = "create table person (name text); insert into person values ('Ada')"
_NAMES = "select name from person"


def test_a_database_is_fresh_and_its_role_is_no_superuser(postgres: PostgresDatabase) -> None:
    assert (
        postgres.sql(
            "select count(*) from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
        )
        == "0"
    )
    assert postgres.sql("select rolsuper from pg_roles where rolname = 'natalis'") == "f"
    assert "natalis@" in postgres.url


def test_it_is_set_up_as_production_is_but_for_fsync(postgres: PostgresDatabase) -> None:
    for setting, value in {
        "max_connections": "200",
        "wal_level": "replica",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "fsync": "off",
    }.items():
        assert postgres.sql(f"show {setting}") == value
    assert int(postgres.sql("select count(*) from pg_stat_statements")) > 0


def test_a_durable_one_waits_for_the_disk() -> None:
    with Postgres(durable=True, settings={"max_connections": "20"}) as server:
        assert server.sql("show fsync") == "on"
        assert server.sql("show synchronous_commit") == "on"
        assert server.sql("show max_connections") == "20"


def test_a_database_can_be_copied_from_one_that_is_prepared(postgres: PostgresDatabase) -> None:
    postgres.sql(_MADE)
    copy = postgres.server.create_database(template=postgres.name)
    assert copy.sql(_NAMES) == "Ada"
    postgres.server.drop_database(copy.name)


def test_what_was_committed_survives_a_kill_and_an_immediate_stop(postgres: PostgresDatabase) -> None:
    postgres.sql(_MADE)
    postgres.server.kill()
    postgres.server.start()
    postgres.sql("insert into person values ('Grace')")
    postgres.server.restart()
    assert postgres.sql(_NAMES) == "Ada\nGrace"


def test_a_killed_server_refuses_and_comes_back_on_its_port(postgres: PostgresDatabase) -> None:
    url = postgres.url
    postgres.server.kill()
    with pytest.raises(ProgramFailed, match="Connection refused"):
        postgres.sql("select 1")
    postgres.server.start()
    assert postgres.url == url
    assert postgres.sql("select 1") == "1"


def test_a_paused_server_does_not_answer_until_it_is_resumed(postgres: PostgresDatabase) -> None:
    postgres.server.pause()
    with pytest.raises(ProgramFailed, match="timeout expired"):
        postgres.server.sql("select 1", patience=2)
    postgres.server.resume()
    assert postgres.sql("select 1") == "1"


def test_the_replica_follows_the_primary_and_takes_no_writes(postgres_pair: PostgresPair) -> None:
    postgres_pair.primary.sql(_MADE)
    postgres_pair.catch_up()
    assert postgres_pair.replica.sql(_NAMES) == "Ada"
    with pytest.raises(ProgramFailed, match="read-only"):
        postgres_pair.replica.sql("insert into person values ('Eve')")


def test_a_replica_whose_replay_is_paused_lags_until_it_is_resumed(postgres_pair: PostgresPair) -> None:
    postgres_pair.primary.sql(_MADE)
    postgres_pair.catch_up()
    postgres_pair.replica_server.pause_replay()
    postgres_pair.primary.sql("update person set name = 'Grace'")
    assert postgres_pair.replica.sql(_NAMES) == "Ada"
    postgres_pair.replica_server.resume_replay()
    postgres_pair.catch_up()
    assert postgres_pair.replica.sql(_NAMES) == "Grace"


def test_a_delayed_replica_lags_until_the_delay_is_lifted(postgres_pair: PostgresPair) -> None:
    postgres_pair.primary.sql(_MADE)
    postgres_pair.catch_up()
    postgres_pair.replica_server.delay_replay(timedelta(hours=1))
    postgres_pair.primary.sql("update person set name = 'Grace'")
    assert postgres_pair.replica.sql(_NAMES) == "Ada"
    postgres_pair.replica_server.delay_replay(timedelta())
    postgres_pair.catch_up()
    assert postgres_pair.replica.sql(_NAMES) == "Grace"


def test_a_replica_that_was_away_comes_up_to_its_primary(postgres_pair: PostgresPair) -> None:
    postgres_pair.replica_server.stop()
    postgres_pair.primary.sql(_MADE)
    postgres_pair.replica_server.start()
    postgres_pair.catch_up()
    assert postgres_pair.replica.sql(_NAMES) == "Ada"


def test_a_replica_outlives_a_crash_of_its_primary(postgres_pair: PostgresPair) -> None:
    postgres_pair.primary.server.restart()
    postgres_pair.primary.sql(_MADE)
    postgres_pair.catch_up()
    assert postgres_pair.replica.sql(_NAMES) == "Ada"
