"""Runs a storm: `python -m natalis.testing.chaos --deliveries 100000 --faults 200`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from natalis.clocks.system import SystemClock
from natalis.stores.postgres.migrating import apply_migrations
from natalis.testing.chaos.report import LONGEST_NODE_STALL, lines, node_stall, record
from natalis.testing.chaos.schedule import Weather
from natalis.testing.chaos.site import Servers
from natalis.testing.chaos.storm import Plan, Storm
from natalis.testing.chaos.throughput import drain
from natalis.testing.servers.postgres import Postgres, PostgresReplica
from natalis.testing.servers.rabbitmq_cluster import RabbitMQCluster
from natalis.testing.servers.redis import RedisServer


def main() -> int:
    """Return 0 when nothing was lost, doubled or left unaccounted for."""
    given = _arguments()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    _say(f"seed {seed}: {given.deliveries} deliveries under {given.faults} faults")
    given.logs.mkdir(parents=True, exist_ok=True)
    on = _machine()
    with _servers(with_cache=given.cache) as servers:
        storm = Storm(_plan(given, seed), _say)
        outcome = asyncio.run(storm.rage(servers, given.logs))
        for line in lines(outcome):
            _say(line)
        snapshots = _held_snapshots(servers, given.herd, given.logs)
    if given.json is not None:
        found = {**record(outcome, on, _commit()), "heldSnapshot": snapshots}
        given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        _say(f"written to {given.json}")
    return int(bool(outcome.faults) or node_stall(outcome.recoveries) >= LONGEST_NODE_STALL)


def _held_snapshots(servers: Servers, herd: int, logs: Path) -> list[dict[str, object]]:
    """Send a herd out with and without a snapshot that somebody holds, in turn."""
    found: list[dict[str, object]] = []
    for held in (False, True) * 2 if herd else ():
        database = servers.database.server.create_database()
        asyncio.run(apply_migrations(database.url, clock=SystemClock()))
        queue = servers.broker.cluster.create_vhost()
        drained = asyncio.run(drain(database, queue, herd, logs, held=held))
        _say(f"{herd} at once, a snapshot {'held' if held else 'not held'}: {drained.rate:.0f}/s")
        found.append({"held": held, **asdict(drained)})
    return found


def _plan(given: argparse.Namespace, seed: int) -> Plan:
    outage = timedelta(seconds=given.outage)
    return Plan(given.deliveries, Weather(given.faults - bool(outage)), seed, outage=outage)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m natalis.testing.chaos", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--outage", type=float, default=60, help="seconds for which the broker is away at the end")
    parser.add_argument("--herd", type=int, default=40_000, help="deliveries at once, with and without a held snapshot")
    parser.add_argument("--seed", type=int, help="repeat the schedule of another run")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--logs", type=Path, default=Path(".build/chaos"), help="folder for what the processes write")
    parser.add_argument("--cache", action=argparse.BooleanOptionalAction, default=True, help="whether there is Redis")
    return parser.parse_args()


@contextmanager
def _servers(*, with_cache: bool) -> Iterator[Servers]:
    with ExitStack() as running:
        postgres = running.enter_context(Postgres())
        cluster = running.enter_context(RabbitMQCluster())
        redis = running.enter_context(RedisServer()) if with_cache else None
        database = postgres.create_database()
        asyncio.run(apply_migrations(database.url, clock=SystemClock()))
        replica = running.enter_context(PostgresReplica(postgres))
        yield Servers(database, replica, cluster.create_vhost(), redis)


def _machine() -> dict[str, object]:
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "loadBefore": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - written here
    except (OSError, subprocess.CalledProcessError):
        return ""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
