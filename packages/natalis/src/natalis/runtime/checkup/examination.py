"""The examination: what is looked at, in order, on one machine and for a fleet; no look outlasts its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

from natalis.errors import NatalisError
from natalis.ports.clock import Clock
from natalis.runtime.checkup import contents, machine, sqlite
from natalis.runtime.checkup.finding import Finding, State, ill, told
from natalis.runtime.settings import Settings

PATIENCE_SECONDS = 15.0
"""For one look at a server; each has shorter time-outs of its own for every answer."""
_Check = Callable[[], Awaitable[Sequence[Finding]]]


async def check_up(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Check everything, one thing after the other; never raises, and never waits for ever."""
    unwell: set[str] = set()
    for name, check in _checks(settings, clock, unwell):
        for finding in await _looked(name, check):
            if finding.state is State.ILL:
                unwell.add(finding.name)
            yield finding


async def _looked(name: str, check: _Check) -> Sequence[Finding]:
    try:
        return await check()
    except NatalisError as error:
        return [told(name, State.ILL, error)]
    except TimeoutError:
        remedy = "see whether it hangs or is overloaded, then run `natalis doctor` again"
        return [ill(name, f"no answer within {PATIENCE_SECONDS:g} s", remedy)]
    except OSError as error:
        return [ill(name, str(error), "check that it is there and that you may use it")]


def _checks(settings: Settings, clock: Clock, unwell: set[str]) -> Iterator[tuple[str, _Check]]:
    yield "python", _in_a_thread(machine.check_python)
    yield "templates", _in_a_thread(lambda: machine.check_templates(settings))
    yield from _fleet(settings, clock, unwell) if settings.is_fleet else _one_machine(settings)
    if settings.redis_url is not None:
        from natalis.runtime.checkup import redis  # noqa: PLC0415 - one machine loads no driver it does not use

        yield "cache", _in_time(lambda: redis.check_redis(settings.redis_url or "", clock))
    is_open = "database" not in unwell
    yield "time zones", _in_time(lambda: contents.check_zones(settings, clock, is_readable=is_open))
    yield "tokens", _in_time(lambda: contents.check_tokens(settings, clock, is_readable=is_open))
    for name, port, variable in machine.ports_of(settings):
        yield name, _in_a_thread(lambda of=(name, port, variable): machine.check_port(settings, *of))  # type: ignore[misc]  # its default
    yield "provider", _in_time(lambda: machine.check_provider(settings))


def _one_machine(settings: Settings) -> Iterator[tuple[str, _Check]]:
    yield "database", _in_a_thread(lambda: sqlite.check_database(settings))
    yield "disk", _in_a_thread(lambda: sqlite.check_disk(settings))


def _fleet(settings: Settings, clock: Clock, unwell: set[str]) -> Iterator[tuple[str, _Check]]:
    from natalis.runtime.checkup import postgres, rabbitmq  # noqa: PLC0415 - as above

    yield "database", _in_time(lambda: postgres.check_database(settings, clock))
    if settings.database_replica_url is not None and "database" not in unwell:
        yield "replica", _in_time(lambda: postgres.check_replica(settings, clock))
    if settings.queue_url is not None:
        yield "queue", _in_time(lambda: rabbitmq.check_queue(settings.queue_url or ""))


def _in_a_thread(check: Callable[[], Finding]) -> _Check:
    async def look() -> Sequence[Finding]:
        return [await asyncio.to_thread(check)]

    return look


def _in_time(check: Callable[[], Awaitable[Finding | Sequence[Finding]]]) -> _Check:
    async def look() -> Sequence[Finding]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await check()
        return [found] if isinstance(found, Finding) else found

    return look
