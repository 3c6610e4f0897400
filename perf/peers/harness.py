"""The harness: gives one contender an empty stage, its messages and their instant; measures until the last is sent."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from natalis.clocks.system import SystemClock
from natalis.testing.servers.server import Server, ServerFailed
from perf.figures import quantile
from perf.peers import ledgers, meters, verdict
from perf.peers.contenders import SQLITE_FILE, Contender
from perf.peers.ledgers import Ledger
from perf.peers.meters import MemoryWatch
from perf.peers.situation import Situation
from perf.peers.stage import Stage, Troupe, processes, situation_of

_SECOND = timedelta(seconds=1)
_POLL = timedelta(milliseconds=20)
_COURTESY = _SECOND / 2  # between ready and the instant, at least, so that nobody is still starting
_JUST_BEFORE = _SECOND / 4  # the meters take a moment to read, and everybody is at rest then
_AFTERWARDS = _SECOND / 2  # something posted twice may come a little after the last mark
_LAST_WORDS = 3  # lines
_HASTE = (1, 2, 4)  # times the lead, when a contender was not ready in time on a busy machine


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a run may take.

    Attributes:
        whole: After the instant; one that still gets on is then stopped, and measured by what it has sent.
        standstill: Without anything new posted or marked; what is missing then is lost. Longer than any library here
            waits between two looks at its queue.
    """

    whole: timedelta = timedelta(minutes=5)
    standstill: timedelta = timedelta(seconds=20)


class Ending(enum.StrEnum):
    """How a run came to its end."""

    FINISHED = "finished"
    STOPPED = "stopped"
    STOOD_STILL = "stood still"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one run of one contender.

    Attributes:
        contender: Its name.
        round: Which round, from 1.
        ending: How it came to its end; the figures of one that was stopped are of what it had sent.
        faults: What was wrong with what it did; its figures count for nothing then.
        figures: By name; see README for what each is.
    """

    contender: str
    round: int
    ending: str = ""
    faults: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether its figures may be compared."""
        return not self.faults and bool(self.figures)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Meters:
    """What has been used up at one moment: CPU seconds by party, and bytes of WAL."""

    cpu: Mapping[str, float]
    wal: int


@dataclass(frozen=True, slots=True)
class _Course:
    """How one run went, as measured."""

    start: _Meters
    due: _Meters
    end: _Meters
    drained_at: datetime
    ending: Ending
    memory: meters.Memory


def perform(contender: Contender, stage: Stage, *, count: int, patience: Patience, turn: int) -> Result:
    """Run one contender once.

    Args:
        contender: Who.
        stage: The servers.
        count: How many messages.
        patience: How long it may take.
        turn: Which round, from 1.
    """
    reason = ""
    for haste in _HASTE:
        with stage.cleared() as (database, vhost), contextlib.closing(Troupe(contender)) as troupe:
            due = _whole_second(SystemClock().now() + contender.lead(count) * haste)
            situation = situation_of(database, vhost, stage, count=count, due=due, folder=troupe.folder)
            try:
                return asyncio.run(_perform(contender, stage, troupe, situation, patience=patience, turn=turn))
            except _NotReady as late:
                reason = str(late)
            except ServerFailed as failed:
                return Result(contender.name, turn, faults=(f"did not run: {_short(failed)}",))
    return Result(contender.name, turn, faults=(reason,))


class _NotReady(Exception):
    """It was not ready when its messages were due: the machine is slow, and the lead was too short."""


async def _perform(
    contender: Contender, stage: Stage, troupe: Troupe, situation: Situation, *, patience: Patience, turn: int
) -> Result:
    clock = SystemClock()
    file = troupe.folder / SQLITE_FILE if contender.own_file else None
    troupe.prepare(situation)
    stage.checkpoint()
    async with aiohttp.ClientSession(stage.provider.url) as provider:
        await provider.post("/reset")
        start = _read(stage, None)
        troupe.start()
        # What autovacuum does within a minute of so many new rows; the minute is not there.
        stage.analyze(situation)
        if situation.due - clock.now() < _COURTESY:
            raise _NotReady(f"was not ready when its messages were due, {situation.due:%H:%M:%S}")
        async with ledgers.opened(situation.database_url, contender.sent, file=file) as ledger:
            await clock.sleep(situation.due - clock.now() - _JUST_BEFORE)
            early, at_due = await _early(provider, situation), _read(stage, troupe)
            await clock.sleep(situation.due - clock.now())
            with MemoryWatch(lambda: processes(troupe)) as watch:
                ending = await _drained(provider, ledger, situation, patience)
                drained_at = clock.now()
            course = _Course(start, at_due, _read(stage, troupe), drained_at, ending, watch.memory)
            if not troupe.is_running:
                return Result(contender.name, turn, faults=(f"ended by itself: {troupe.log_tail(_LAST_WORDS)}",))
            await clock.sleep(_AFTERWARDS)
            # Before it is stopped: what an orderly end may make a queue deliver again is another matter.
            evidence = await _evidence(provider, ledger, early=early)
            troupe.stop()
    return _judged(contender.name, turn, situation, course, evidence)


def _read(stage: Stage, troupe: Server | None) -> _Meters:
    parties: dict[str, Server | None] = {
        "contender": troupe,
        "postgresql": stage.postgres,
        "rabbitmq": stage.rabbitmq,
        "provider": stage.provider,
    }
    cpu = {name: meters.cpu_seconds(processes(party)) if party else 0.0 for name, party in parties.items()}
    return _Meters(cpu, stage.wal())


async def _early(provider: aiohttp.ClientSession, situation: Situation) -> int:
    """Return how many messages were posted before they were due; none when the answer itself came after that."""
    received = int((await _stats(provider))["received"])
    return received if SystemClock().now() < situation.due else 0


async def _drained(provider: aiohttp.ClientSession, ledger: Ledger, situation: Situation, patience: Patience) -> Ending:
    """Wait until all is posted and all is marked, or it takes too long."""
    clock = SystemClock()
    seen, moved_at = (-1, -1), clock.now()
    while clock.now() < situation.due + patience.whole:
        received = int((await _stats(provider))["received"])
        # The provider is cheap to ask; the database is asked only when it may be over.
        marked = await ledger.count() if received >= situation.count else 0
        if marked >= situation.count:
            return Ending.FINISHED
        if (received, marked) != seen:
            seen, moved_at = (received, marked), clock.now()
        elif clock.now() - moved_at > patience.standstill:
            return Ending.STOOD_STILL
        await clock.sleep(_POLL)
    return Ending.STOPPED


async def _stats(provider: aiohttp.ClientSession, *, keys: bool = False) -> dict[str, Any]:
    async with provider.get("/stats", params={"keys": "1"} if keys else {}) as response:
        return dict(await response.json())


async def _evidence(provider: aiohttp.ClientSession, ledger: Ledger, *, early: int) -> verdict.Evidence:
    stats = await _stats(provider, keys=True)
    posted = {key: int(counts["received"]) for key, counts in stats["perKey"].items()}
    return verdict.Evidence(posted, stats["keyless"], stats["malformed"], early, await ledger.sent())


def _judged(name: str, turn: int, situation: Situation, course: _Course, evidence: verdict.Evidence) -> Result:
    if course.ending is Ending.STOPPED:
        # What was under way then may be posted and not marked yet: only a run that came to its own end is judged whole.
        found = verdict.faults_halfway(evidence, due=situation.due)
    else:
        found = verdict.faults(evidence, count=situation.count, due=situation.due)
    return Result(name, turn, str(course.ending), tuple(found), _figures(situation, course, evidence))


def _figures(situation: Situation, course: _Course, evidence: verdict.Evidence) -> dict[str, float]:
    sent = len(evidence.sent)
    if not sent:
        return {}
    lateness = [(at - situation.due) / _SECOND for at in evidence.sent.values()]
    thousands = sent / 1000
    drained = (course.drained_at - situation.due) / _SECOND
    cpu = {name: (course.end.cpu[name] - course.due.cpu[name]) / thousands for name in course.end.cpu}
    return {
        "messages": sent,
        "seconds": drained,
        "perSecond": sent / drained,
        **{f"cpu.{name}": value for name, value in cpu.items()},
        "cpu.all": sum(value for name, value in cpu.items() if name != "provider"),
        "cpuAhead.contender": course.due.cpu["contender"] / thousands,
        "cpuAhead.postgresql": (course.due.cpu["postgresql"] - course.start.cpu["postgresql"]) / thousands,
        "memory.total": course.memory.total,
        "memory.proportional": course.memory.proportional,
        "memory.largest": course.memory.largest,
        "wal": (course.end.wal - course.due.wal) / thousands,
        "walAhead": (course.due.wal - course.start.wal) / thousands,
        "lateness.p50": quantile(lateness, 0.5),
        "lateness.p99": quantile(lateness, 0.99),
        "lateness.max": max(lateness),
    }


def _short(failed: ServerFailed) -> str:
    """Return the reason and the last lines of the log, which hold what the program itself had to say."""
    reason, *log = str(failed).splitlines()
    return " | ".join([reason, *log[-_LAST_WORDS:]])


def _whole_second(instant: datetime) -> datetime:
    """Return the next whole second: the finest send time that a kind of occasion can have."""
    return instant.replace(microsecond=0) + _SECOND
