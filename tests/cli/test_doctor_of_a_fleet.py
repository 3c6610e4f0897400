"""`natalis doctor` of a fleet: every server is looked at, nothing is changed, and nobody is waited for long."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import date

import pytest
from pika import BlockingConnection, URLParameters

from natalis.cli.exit_codes import ExitCode
from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey
from natalis.testing.command_line import Natalis, Ran
from natalis.testing.servers.pgbouncer import PooledDatabase
from natalis.testing.servers.postgres import Postgres, PostgresDatabase, PostgresPair
from natalis.testing.servers.rabbitmq import VirtualHost
from natalis.testing.servers.redis import RedisServer
from natalis.transports.rabbitmq import RabbitMQOptions, RabbitMQTransport, read_addresses

pytestmark = pytest.mark.network
NOWHERE = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def _any_port(natalis: Natalis, monkeypatch: pytest.MonkeyPatch) -> None:
    del natalis  # which comes first, as it takes settings away
    monkeypatch.setenv("NATALIS_PORT", "0")
    monkeypatch.setenv("METRICS_PORT", "0")


@pytest.fixture
def fleet(migrated: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> PostgresDatabase:
    """Settings that name a migrated database, and no server else."""
    monkeypatch.setenv("DATABASE_URL", migrated.url)
    return migrated


def _of(ran: Ran, check: str) -> dict[str, str]:
    (found,) = [row for row in ran.rows if row["check"] == check]
    return dict(found)


@pytest.mark.usefixtures("fleet")
def test_every_server_that_is_named_is_looked_at(
    natalis: Natalis, monkeypatch: pytest.MonkeyPatch, rabbitmq: VirtualHost, redis: RedisServer
) -> None:
    monkeypatch.setenv("QUEUE_URL", rabbitmq.url)
    monkeypatch.setenv("REDIS_URL", redis.url)

    ran = natalis("doctor", "--json")

    assert ran.code == ExitCode.DONE, ran.out
    assert [row["check"] for row in ran.rows] == [
        *("settings", "python", "templates", "database", "durability", "clock", "connections"),
        *("broker", "queue", "dead letters", "cache", "time zones", "tokens", "api port", "metrics port", "provider"),
    ]


def test_looking_writes_nothing_anywhere(
    natalis: Natalis, monkeypatch: pytest.MonkeyPatch, postgres: PostgresDatabase, rabbitmq: VirtualHost
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres.url)
    monkeypatch.setenv("QUEUE_URL", rabbitmq.url)

    natalis("doctor")
    again = natalis("doctor", "--json")

    assert postgres.sql("select count(*) from pg_class where relname = 'users'") == "0"
    assert "will be declared at the first start" in _of(again, "queue")["detail"]


def test_trying_to_write_leaves_nothing_behind(natalis: Natalis, fleet: PostgresDatabase) -> None:
    natalis("doctor")

    assert fleet.sql("select count(*) from facts") == "0"


def test_a_database_that_lacks_migrations_is_a_warning_with_the_command_that_adds_them(
    natalis: Natalis, postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres.url)

    finding = _of(natalis("doctor", "--json"), "database")

    assert finding["state"] == "warning"
    assert "natalis migrate --apply" in finding["remedy"]


def test_a_database_that_is_away_is_found_and_what_needs_it_is_left_out(
    natalis: Natalis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://natalis@{NOWHERE}/natalis")
    monkeypatch.setenv("DATABASE_REPLICA_URL", f"postgresql://natalis@{NOWHERE}/natalis")

    ran = natalis("doctor", "--json")

    assert ran.code == ExitCode.PROBLEMS
    assert (_of(ran, "database")["state"], _of(ran, "database")["remedy"]) == (
        "ill",
        "see that the server runs and can be reached from here",
    )
    assert not {"replica", "durability", "connections"} & {row["check"] for row in ran.rows}


@pytest.mark.usefixtures("fleet")
def test_a_server_that_hangs_is_not_waited_for(
    natalis: Natalis, postgres_server: Postgres, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis.url)
    postgres_server.pause()
    redis.pause()

    ran = natalis("doctor", "--json")

    assert (_of(ran, "database")["state"], _of(ran, "cache")["state"]) == ("ill", "warning")
    assert "too late" in _of(ran, "database")["remedy"]


def test_a_database_that_may_only_be_read_is_found(natalis: Natalis, fleet: PostgresDatabase) -> None:
    fleet.sql(f'alter database "{fleet.name}" set default_transaction_read_only = on')

    finding = _of(natalis("doctor", "--json"), "database")

    assert finding["state"] == "ill"
    assert "name the primary" in finding["remedy"]


def test_settings_that_lose_acknowledged_writes_are_named(natalis: Natalis, fleet: PostgresDatabase) -> None:
    fleet.sql(f'alter database "{fleet.name}" set synchronous_commit = off')

    finding = _of(natalis("doctor", "--json"), "durability")

    assert finding["state"] == "warning"
    assert "synchronous_commit = off" in finding["detail"]
    assert "set synchronous_commit = on" in finding["remedy"]
    assert "set fsync = on" in finding["remedy"]  # which tests do without


def test_a_database_with_few_connections_is_a_warning(natalis: Natalis, fleet: PostgresDatabase) -> None:
    fleet.sql(f'alter database "{fleet.name}" connection limit 30')

    finding = _of(natalis("doctor", "--json"), "connections")

    assert finding["state"] == "warning"
    assert finding["detail"].startswith("30 of ")
    assert "pgbouncer" in finding["remedy"]


def test_a_pooler_in_between_is_seen(
    natalis: Natalis, pgbouncer: PooledDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", pgbouncer.url)
    natalis("migrate", "--apply")

    ran = natalis("doctor", "--json")

    assert "behind a pooler in transaction mode" in _of(ran, "database")["detail"]
    assert "default_pool_size" in _of(ran, "connections")["detail"]


def test_a_replica_is_well_until_it_stands_still(
    natalis: Natalis, postgres_pair: PostgresPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_pair.primary.url)
    monkeypatch.setenv("DATABASE_REPLICA_URL", postgres_pair.replica.url)
    natalis("migrate", "--apply")
    postgres_pair.catch_up()
    before = _of(natalis("doctor", "--json"), "replica")
    postgres_pair.replica_server.pause_replay()
    natalis("token", "create", "hr")

    after = _of(natalis("doctor", "--json"), "replica")

    assert (before["state"], after["state"]) == ("well", "warning")
    assert "pg_wal_replay_resume" in after["remedy"]


def test_primary_and_replica_the_wrong_way_round_are_found(
    natalis: Natalis, postgres_pair: PostgresPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    natalis("migrate", "--apply")
    monkeypatch.setenv("DATABASE_URL", postgres_pair.replica.url)

    finding = _of(natalis("doctor", "--json"), "database")

    assert finding["state"] == "ill"
    assert "name the primary" in finding["remedy"]


def test_a_server_that_is_no_replica_of_the_primary_is_refused(
    natalis: Natalis, fleet: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_REPLICA_URL", fleet.url)

    finding = _of(natalis("doctor", "--json"), "replica")

    assert finding["state"] == "ill"
    assert "no replica" in finding["detail"]


@pytest.mark.usefixtures("fleet")
def test_one_node_of_several_that_is_away_is_a_warning(
    natalis: Natalis, rabbitmq: VirtualHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUEUE_URL", f"{rabbitmq.url},amqp://guest:guest@{NOWHERE}/x")

    ran = natalis("doctor", "--json")

    assert ran.code == ExitCode.DONE
    assert [row["state"] for row in ran.rows if row["check"] == "broker"] == ["well", "warning"]


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("given", "remedy"),
    [(("guest:wrong", ""), "mend user and password"), (("guest:guest", "nowhere"), "make the virtual host")],
)
def test_a_broker_that_does_not_let_us_in_comes_with_what_to_do(
    natalis: Natalis, rabbitmq: VirtualHost, monkeypatch: pytest.MonkeyPatch, given: tuple[str, str], remedy: str
) -> None:
    user, vhost = given
    address = f"amqp://{user}@127.0.0.1:{rabbitmq.server.port}/{vhost or rabbitmq.name}"
    monkeypatch.setenv("QUEUE_URL", address)

    finding = _of(natalis("doctor", "--json"), "broker")

    assert finding["state"] == "ill"
    assert remedy in finding["remedy"]
    assert "wrong" not in finding["detail"]


@pytest.mark.usefixtures("fleet")
def test_a_queue_that_others_declared_otherwise_is_found(
    natalis: Natalis, rabbitmq: VirtualHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUEUE_URL", rabbitmq.url)
    asyncio.run(_publish(RabbitMQOptions(read_addresses(rabbitmq.url), delivery_limit=3)))

    finding = _of(natalis("doctor", "--json"), "queue")

    assert finding["state"] == "ill"
    assert "x-delivery-limit" in finding["detail"]
    assert "delete_queue" in finding["remedy"]


@pytest.mark.usefixtures("fleet")
def test_messages_that_nobody_receives_and_dead_letters_are_warnings(
    natalis: Natalis, rabbitmq: VirtualHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUEUE_URL", rabbitmq.url)
    options = RabbitMQOptions(read_addresses(rabbitmq.url))
    asyncio.run(_publish(options))
    _publish_a_dead_letter(options)

    ran = natalis("doctor", "--json")

    assert "start a worker" in _of(ran, "queue")["remedy"]
    assert _of(ran, "dead letters")["detail"].startswith("1 message(s)")


async def _publish(options: RabbitMQOptions) -> None:
    transport = RabbitMQTransport(options, SystemClock())
    await transport.publish([DeliveryKey("0190c3f2-7c41-7000-8000-000000000001", "birthday", date(2026, 2, 28))])
    await transport.close()


def _publish_a_dead_letter(options: RabbitMQOptions) -> None:
    with closing(BlockingConnection(URLParameters(options.addresses[0]))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", options.dead_letter_queue, b"not one of ours")


def test_a_redis_that_is_away_is_a_warning_for_each_process_has_its_own_cache(
    natalis: Natalis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://{NOWHERE}/0")

    ran = natalis("doctor", "--json")

    assert ran.code == ExitCode.DONE
    assert _of(ran, "cache")["state"] == "warning"


def test_a_redis_that_forgets_nothing_when_full_is_a_warning(
    natalis: Natalis, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis.url)
    before = _of(natalis("doctor", "--json"), "cache")
    redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")

    after = _of(natalis("doctor", "--json"), "cache")

    redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert (before["state"], after["state"]) == ("warning", "well")
    assert "allkeys-lru" in before["remedy"]
