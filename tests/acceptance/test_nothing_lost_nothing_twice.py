"""Promise: whenever the process dies, nothing accepted is lost and nobody is greeted twice.

20,000 people are due at once. `natalis up` delivers to the mock provider, which answers in 50-200 ms, fails one call in
ten and never answers some; the process is killed with SIGKILL at random at least 50 times while work is left.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from natalis.domain.delivery import Status
from natalis.ports.ledger import DeliveryFilter
from natalis.stores.sqlite import open_store
from natalis.testing.machine import Machine, fetched, first_answer

PEOPLE = 20_000
KILLS = 50
BIRTH = 10  # one life in so many ends at any moment before the process is ready, the others while it works
LIFE = (0.2, 1.2)  # seconds from being ready: time for a first answer, not for all
DEADLINE = 600.0  # seconds for the last life to finish


@contextmanager
def provider(machine: Machine) -> Iterator[str]:
    """Run the mock provider; yield its address."""
    knobs = ("--error-rate", "0.1", "--hang-rate", "0.005", "--hang", "5s", "--drop-rate", "0.005")
    with machine.running("mock-provider", "--port", "0", *knobs, "--json") as process:
        yield first_answer(process)["url"]


def people_due_now(path: Path, now: datetime) -> None:
    """Write people whose birthday is today, in a zone where it is about noon."""
    east = 12 - now.hour
    zone = f"Etc/GMT{'-' if east >= 0 else '+'}{abs(east)}" if east else "Etc/GMT"
    rows = (f"Ada,Number {number},p{number}@example.org,{now:1980-%m-%d},{zone}" for number in range(PEOPLE))
    path.write_text("first name,last name,email,birthday,timezone\n" + "\n".join(rows) + "\n")


def kill_at_random(machine: Machine, address: str, chance: random.Random) -> list[int]:
    """Start and kill the process until it was killed `KILLS` times; return how many were accepted after each."""
    accepted: list[int] = []
    took_to_be_ready = 1.0
    for life in range(KILLS):
        with machine.running("up", "--json") as process:
            if life % BIRTH:
                began = time.monotonic()
                first_answer(process)
                took_to_be_ready = time.monotonic() - began
            span = LIFE if life % BIRTH else (0.0, took_to_be_ready)
            time.sleep(chance.uniform(*span))  # noqa: TID251 - the moment of death is real time
            assert process.poll() is None, (machine.folder / "up.log").read_text()
            process.kill()
        accepted.append(fetched(f"{address}/stats")["accepted"])
    return accepted


def finish(machine: Machine, address: str) -> None:
    """Let one last life do what is left."""
    give_up_at = time.monotonic() + DEADLINE
    with machine.running("up") as process:
        while fetched(f"{address}/stats")["accepted"] < PEOPLE or unfinished(machine):
            assert process.poll() is None, (machine.folder / "up.log").read_text()
            assert time.monotonic() < give_up_at, f"{unfinished(machine)} deliveries are left"
            time.sleep(0.5)  # noqa: TID251 - waits for a real process


def unfinished(machine: Machine) -> int:
    """Return how many deliveries are not `sent` yet."""
    return PEOPLE - asyncio.run(tally(machine)).get(Status.SENT, 0)


async def tally(machine: Machine) -> dict[Status, int]:
    """Count deliveries by status."""
    store = await open_store(machine.database)
    try:
        return dict(await store.ledger.tally())
    finally:
        await store.connection.close()


async def sent_keys(machine: Machine) -> Counter[str]:
    """Return the key of every delivery that is `sent`."""
    store = await open_store(machine.database)
    keys: Counter[str] = Counter()
    cursor = None
    try:
        while True:
            page = await store.ledger.page(DeliveryFilter(status=Status.SENT), limit=1000, cursor=cursor)
            keys.update(str(delivery.key) for delivery in page.items)
            cursor = page.cursor
            if cursor is None:
                return keys
    finally:
        await store.connection.close()


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_delivery_is_sent_and_acknowledged_exactly_once(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    now = datetime.now(UTC)  # noqa: TID251 - the processes under test run on the real clock
    people_due_now(machine.folder / "people.csv", now)
    machine.run("import", "people.csv")
    with provider(machine) as address:
        machine.settings |= {
            "NATALIS_PROVIDER_URL": address,
            "NATALIS_PROVIDER_TIMEOUT": "1s",
            "NATALIS_RETRY_CAP": "5s",
            "WORKER_CONCURRENCY": "60",
        }
        accepted = kill_at_random(machine, address, random.Random(seed))
        finish(machine, address)
        per_key: dict[str, dict[str, Any]] = fetched(f"{address}/stats?keys=1")["perKey"]
    sent = asyncio.run(sent_keys(machine))
    attempts = sum(counts["received"] for counts in per_key.values())
    at_work = sum(before < after for before, after in pairwise([0, *accepted]))
    with capsys.disabled():
        sys.stdout.write(
            f"\nseed {seed}: killed {KILLS} times, {at_work} of them at work "
            f"({accepted[-1]} of {PEOPLE} accepted by then), "
            f"{attempts} calls for {PEOPLE} messages: {attempts - PEOPLE} repeated attempts\n"
        )
    assert accepted[-1] < PEOPLE, "the process must die while work is left"
    assert at_work >= KILLS // 2, "most lives must end in the midst of their work"
    assert len(sent) == PEOPLE
    assert set(sent.values()) == {1}
    assert per_key.keys() == sent.keys()
    assert {counts["accepted"] for counts in per_key.values()} == {1}
