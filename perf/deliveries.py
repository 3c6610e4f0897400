"""How fast do deliveries go from due to `sent`, and how late are they: all due at one instant, and at a steady rate?

The whole service runs as users run it, `natalis up` on SQLite, against `natalis mock-provider`, each a process of its
own on the same machine. Lateness is from the fire time to the provider's acceptance, as the ledger has it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import Status
from natalis.domain.occasion import BIRTHDAY, KindRule
from natalis.ports.ledger import DeliveryFilter
from natalis.runtime.kinds import DEFAULT_KINDS
from natalis.stores.sqlite import open_store
from perf.crowd import Crowd, settle
from perf.figures import Figure, quantile
from perf.service import Running, natalis
from perf.targets import Target, at_least, at_most

SECOND = timedelta(seconds=1)
LEAD = timedelta(seconds=6)  # from the start of the service to the fire time, so that all is planned by then
SETTLED_A_SECOND = 10_000  # people, at least
PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Wave:
    """Who is due.

    Attributes:
        count: How many.
        spread: Over how long; zero for all at one instant.
    """

    count: int
    spread: timedelta


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a wave.

    Attributes:
        lateness: Of each delivery, in seconds.
        drained: From the first fire time to the last acceptance, in seconds.
        memory: The service's peak resident memory, in MiB.
    """

    lateness: list[float]
    drained: float
    memory: float


def run(*, quick: bool) -> list[Figure]:
    """Send a burst and a steady stream."""
    burst = Wave(2_000 if quick else 10_000, timedelta(0))
    span = 10 if quick else 40
    steady = Wave((100 if quick else 500) * span, span * SECOND)
    at_once, in_turn = _send(burst), _send(steady)
    return [
        Figure(
            f"{burst.count:,} due at one instant: sent",
            burst.count / at_once.drained,
            "/s",
            at_least(2000, stretch=4000),
        ),
        *_lateness(f"{burst.count:,} due at one instant", at_once, at_most(4, stretch=2.5)),
        *_lateness(f"steady {steady.count // span}/s", in_turn, at_most(0.25, stretch=0.1)),
        Figure(
            "peak resident memory of natalis up", max(at_once.memory, in_turn.memory), "MiB", at_most(128, stretch=90)
        ),
    ]


def _lateness(name: str, sent: Sent, target: Target) -> list[Figure]:
    return [
        Figure(f"{name}: lateness p50", quantile(sent.lateness, 0.5), "s"),
        Figure(f"{name}: lateness p99", quantile(sent.lateness, 0.99), "s", target),
        Figure(f"{name}: lateness max", max(sent.lateness), "s"),
    ]


def _send(wave: Wave) -> Sent:
    with tempfile.TemporaryDirectory(prefix="natalis-perf-") as name:
        folder = Path(name)
        clock = SystemClock()
        fire_at = clock.now() + LEAD + wave.count / SETTLED_A_SECOND * SECOND
        rule = KindRule(BIRTHDAY, send_time=fire_at.time().replace(microsecond=0), spread=wave.spread)
        _write_settings(folder, rule)
        asyncio.run(_settle(folder / "natalis.db", wave, fire_at, {**DEFAULT_KINDS, BIRTHDAY: rule}))
        with natalis("mock-provider", "--flawless", "--port", "0", folder=folder) as provider:
            url = provider.said["url"]
            options = ("--database", "natalis.db", "--provider", url, "--port", "0", "--metrics-port", "0")
            with natalis("up", *options, folder=folder) as service:
                memory = asyncio.run(_until_accepted(url, wave.count, service))
        return asyncio.run(_in_the_ledger(folder / "natalis.db", wave.count, memory))


def _write_settings(folder: Path, rule: KindRule) -> None:
    spread = f'spread = "{rule.spread / SECOND:g}s"\n' if rule.spread else ""
    text = f'[kinds.{BIRTHDAY}]\nsend_time = "{rule.send_time.isoformat()}"\n{spread}'
    (folder / "natalis.toml").write_text(text, encoding="utf-8")


async def _settle(database: Path, wave: Wave, fire_at: datetime, kinds: Mapping[str, KindRule]) -> None:
    store = await open_store(database)
    try:
        await settle(store, SystemClock(), Crowd(wave.count, {fire_at.date(): wave.count}), kinds)
    finally:
        await store.connection.close()


async def _until_accepted(url: str, count: int, service: Running) -> float:
    """Wait until the provider has accepted all; return the service's peak memory."""
    clock = SystemClock()
    give_up = clock.now() + PATIENCE
    async with aiohttp.ClientSession(url) as session:
        stats = await _stats(session)
        while stats["accepted"] < count and clock.now() < give_up:
            await clock.sleep(SECOND / 2)
            stats = await _stats(session)
    if (stats["accepted"], stats["doubled"]) != (count, 0):
        raise SystemExit(f"of {count} messages {stats['accepted']} were accepted, {stats['doubled']} twice")
    return service.memory(peak=True)


async def _stats(session: aiohttp.ClientSession) -> dict[str, int]:
    async with session.get("/stats") as response:
        return dict(await response.json())


async def _in_the_ledger(database: Path, count: int, memory: float) -> Sent:
    store = await open_store(database)
    due: list[datetime] = []
    accepted: list[datetime] = []
    cursor: str | None = None
    try:
        while True:
            page = await store.ledger.page(DeliveryFilter(status=Status.SENT), limit=500, cursor=cursor)
            due += [delivery.fire_at for delivery in page.items]
            accepted += [delivery.sent_at or delivery.fire_at for delivery in page.items]
            if page.cursor is None:
                break
            cursor = page.cursor
    finally:
        await store.connection.close()
    if len(due) != count:
        raise SystemExit(f"of {count} deliveries {len(due)} are sent in the ledger")
    lateness = [(at - fire) / SECOND for at, fire in zip(accepted, due, strict=True)]
    return Sent(lateness, (max(accepted) - min(due)) / SECOND, memory)
