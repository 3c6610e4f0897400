"""Natalis itself: people imported, and the roles of a fleet; or one process with all of them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import asyncpg
import uvloop

from perf.crowd import Crowd, write_csv
from perf.peers import crew
from perf.peers.contenders import SQLITE_FILE
from perf.peers.knobs import turned
from perf.peers.situation import Situation, read

KNOBS = turned({"planners": 1, "dispatchers": 1, "workers": 2, "concurrency": 100})
SETTINGS = {
    "planned ahead, as the planner does": "its own way to have work due at an instant; not measured, shown as `ahead`",
    "every message: claimed under a lease, its attempt written, its outcome written, in batches": "as always",
    "knobs": KNOBS,
}
_PLANNED = "SELECT count(*) FROM deliveries"


def prepare(variant: str) -> None:
    """Import people whose birthday is due at the instant; nothing that is measured."""
    situation = read()
    folder = situation.folder
    (folder / "natalis.toml").write_text(f'[kinds.birthday]\nsend_time = "{situation.due:%H:%M:%S}"\n')
    crowd = Crowd(situation.count, {situation.due.date(): situation.count})
    write_csv(crowd, folder / "people.csv")
    command = [_natalis(), "import", "people.csv", "--json"]
    done = subprocess.run(command, cwd=folder, env=_environment(situation, variant), check=False, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"the import failed: {done.stderr.decode()}")


def run(variant: str) -> None:
    """Start the roles."""
    situation = read()
    os.chdir(situation.folder)
    os.environ.update(_environment(situation, variant))
    crew.run(
        situation.folder, _commands(variant), hands=0, is_set=lambda: _planned(situation, variant) >= situation.count
    )


def _commands(variant: str) -> list[list[str]]:
    common = ["--metrics-port", "0", "--json"]
    if variant != "fleet":
        return [[_natalis(), "up", "--port", "0", *common]]
    roles = ("planner", "dispatcher", "worker")
    return [[_natalis(), role, *common] for role in roles for _ in range(int(KNOBS[f"{role}s"]))]


def _environment(situation: Situation, variant: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NATALIS_")}
    environment["DATABASE_URL"] = f"sqlite:{SQLITE_FILE}" if variant == "sqlite" else situation.database_url
    environment["NATALIS_PROVIDER_URL"] = situation.provider_url
    environment["WORKER_CONCURRENCY"] = str(KNOBS["concurrency"])
    if variant == "fleet":
        environment["QUEUE_URL"] = situation.queue_url
    return environment


def _planned(situation: Situation, variant: str) -> int:
    if variant != "sqlite":
        return int(uvloop.run(_planned_in(situation.database_url)))
    try:
        with closing(sqlite3.connect(f"file:{SQLITE_FILE}?mode=ro", uri=True)) as connection:
            return int(connection.execute(_PLANNED).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


async def _planned_in(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(_PLANNED))
    finally:
        await connection.close()


def _natalis() -> str:
    return str(Path(sys.executable).with_name("natalis"))


if __name__ == "__main__":
    chosen = sys.argv.pop(1)
    crew.main(
        {
            "prepare": lambda: prepare(chosen),
            "run": lambda: run(chosen),
            "settings": lambda: print(json.dumps(SETTINGS)),
        }
    )
