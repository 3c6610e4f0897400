"""What Compose gives PostgreSQL, RabbitMQ and Redis works on real ones."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from natalis.testing.manifests import read_documents
from natalis.testing.servers import folders, ports, programs
from natalis.testing.servers.postgres import ADMIN, Postgres
from natalis.testing.servers.rabbitmq_cluster import RabbitMQCluster
from natalis.testing.servers.server import Server, wait_until

pytestmark = pytest.mark.network
SECRETS = {"postgres-password": "of-natalis", "replication-password": "of-the-replica"}
A_WHILE = timedelta(seconds=30)


class Replica(Server):
    """PostgreSQL as `replica.sh` starts it."""

    name = "compose-replica"

    def __init__(self, script: Path, primary: Postgres, secrets: Path) -> None:
        super().__init__(user=programs.unprivileged("postgres"))
        self._script, self._primary, self._secrets = script, primary, secrets
        self.data = self.folder / "volume" / "pgdata"
        self.data.parent.mkdir()
        programs.give(self.data.parent, self._user)

    def sql(self, statement: str) -> str:
        """Run a statement as superuser."""
        where = ("--host", ports.LOOPBACK, "--port", str(self.port), "--username", ADMIN, "--dbname", "postgres")
        return programs.run([programs.find("psql"), "--no-psqlrc", "-Atc", statement, *where]).strip()

    def _command(self) -> list[str]:
        options = {"port": str(self.port), "unix_socket_directories": str(self.folder), "max_connections": "200"}
        return [
            "sh",
            str(self._script),
            *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
        ]

    def _environment(self) -> Mapping[str, str]:
        return {**addressed(self._primary, self._secrets), "PGDATA": str(self.data)}

    def _is_ready(self) -> bool:
        ask = [programs.find("pg_isready"), "--quiet", "--host", ports.LOOPBACK, "--port", str(self.port)]
        return subprocess.run(ask, check=False).returncode == 0


def addressed(server: Postgres, secrets: Path) -> dict[str, str]:
    """Return the environment in which a script finds a server, its programs and the secrets."""
    programs_ = f"{Path(programs.find('postgres')).parent}:{os.environ['PATH']}"
    return {"PGHOST": ports.LOOPBACK, "PGPORT": str(server.port), "SECRETS": str(secrets), "PATH": programs_}


@contextmanager
def secrets_of() -> Iterator[Path]:
    folder = folders.make("secrets", programs.unprivileged("postgres"))
    folder.chmod(0o755)
    for name, secret in SECRETS.items():
        (folder / name).write_text(secret)
    yield folder


@pytest.mark.slow
def test_the_scripts_of_postgres_make_a_role_a_database_and_a_replica_that_follows(
    deploy: Path, tmp_path: Path
) -> None:
    scripts = deploy / "compose" / "postgres"
    with ExitStack() as running:
        secrets = running.enter_context(secrets_of())
        primary = Postgres(settings={"max_slot_wal_keep_size": "8GB"})
        running.callback(primary.close)
        primary._make_data()  # as the image does before it runs its scripts, without the role of the tests
        Server.start(primary)
        (tmp_path / "pg_hba.conf").touch()
        run_once = {"POSTGRES_USER": ADMIN, "PGDATA": str(tmp_path)}
        programs.run(["sh", str(scripts / "primary.sh")], env={**addressed(primary, secrets), **run_once})

        assert primary.sql("select rolsuper, rolcreaterole from pg_roles where rolname = 'natalis'") == "f|f"
        owner = "select pg_catalog.pg_get_userbyid(datdba) from pg_database where datname = 'natalis'"
        assert primary.sql(owner) == "natalis"
        line = "host replication replication samenet scram-sha-256\n"
        assert (tmp_path / "pg_hba.conf").read_text() == line

        replica = running.enter_context(Replica(readable(scripts / "replica.sh", secrets), primary, secrets))
        primary.sql("create table greeted (name text); insert into greeted values ('Zoë')")
        there = "select to_regclass('greeted') is not null"
        assert wait_until(lambda: replica.sql(there) == "t", A_WHILE)
        assert wait_until(lambda: replica.sql("select name from greeted") == "Zoë", A_WHILE)
        replica.restart()  # the second start copies nothing
        assert wait_until(lambda: replica.sql("select pg_is_in_recovery()") == "t", A_WHILE)
        assert primary.sql("select active from pg_replication_slots where slot_name = 'natalis_replica'") == "t"
        assert not (replica.data.parent / "copying").exists()


def readable(script: Path, folder: Path) -> Path:
    """Return a copy that another user may read: the repository may lie where only we can."""
    copy = folder / script.name
    copy.write_text(script.read_text())
    copy.chmod(0o755)
    return copy


@pytest.mark.slow
def test_the_settings_of_the_brokers_make_a_cluster(deploy: Path) -> None:
    lines = (deploy / "compose" / "rabbitmq" / "cluster.conf").read_text().splitlines()
    given = dict(line.split(" = ") for line in lines if " = " in line)
    nodes = {value for name, value in given.items() if ".nodes." in name}
    services = read_documents(deploy / "compose" / "production.yaml")[0]["services"]
    assert nodes == {f"rabbit@{each['hostname']}" for each in services.values() if "hostname" in each}
    ours = {name: value for name, value in given.items() if ".nodes." not in name}
    cluster = RabbitMQCluster(settings=ours)
    with cluster:
        assert "pause_minority" in cluster.nodes[2].evaluate("application:get_env(rabbit, cluster_partition_handling).")
        assert cluster.nodes[2].evaluate("net_kernel:get_net_ticktime().") == "10"
        assert "0.6" in cluster.nodes[2].evaluate("application:get_env(rabbit, vm_memory_high_watermark).")


def test_redis_starts_with_what_it_is_given(deploy: Path, tmp_path: Path) -> None:
    command = read_documents(deploy / "compose" / "production.yaml")[0]["services"]["redis"]["command"]
    port = ports.reserve()
    words = [
        programs.find("redis-server"),
        *command[1:-1],
        "of-redis",
        "--port",
        str(port.number),
        "--dir",
        str(tmp_path),
    ]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: ports.answers(port.number), A_WHILE)
        ask = [programs.find("redis-cli"), "-p", str(port.number), "config", "get", "maxmemory-policy"]
        assert "allkeys-lru" in programs.run(ask, env={"REDISCLI_AUTH": "of-redis"})
        assert "NOAUTH" in programs.run(ask)
    finally:
        process.kill()
        process.wait()
        port.release()
