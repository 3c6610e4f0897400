"""Crowds on PostgreSQL: settled by `crowd.sql`, as fast as the server can."""

from __future__ import annotations

import asyncio
import subprocess
import time
from datetime import date
from pathlib import Path

from natalis.clocks.system import SystemClock
from natalis.stores.postgres.migrating import apply_migrations
from natalis.testing.servers import programs
from natalis.testing.servers.postgres import PostgresDatabase

_CROWD = Path(__file__).with_name("crowd.sql")


def settle(database: PostgresDatabase, count: int, *, due: int, herd: int, first: date) -> float:
    """Migrate an empty database and put a crowd into it; return how long that took, in seconds.

    Args:
        database: Where.
        count: How many people.
        due: How many of them are due at nine UTC on `first`, and on two more days a week apart each.
        herd: How many on the fourth day.
        first: The first of those days.
    """
    asyncio.run(apply_migrations(database.url, clock=SystemClock()))
    begun = time.perf_counter()
    given = {"count": count, "due": due, "herd": herd, "first": first}
    variables = [f"--set={name}={value}" for name, value in given.items()]
    flags = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={_CROWD}"]
    subprocess.run([programs.find("psql"), *flags, *variables, database.admin_url], check=True)
    database.server.sql("checkpoint", patience=10)
    return time.perf_counter() - begun
