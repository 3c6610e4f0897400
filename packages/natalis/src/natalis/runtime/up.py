"""`natalis up`: every role in one process, on one event loop, until a signal comes; or some roles of a fleet."""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from natalis import __version__
from natalis.domain.events import BreakerMoved, Returned
from natalis.errors import SettingsInvalid
from natalis.ports.clock import Clock
from natalis.ports.service import Service
from natalis.ports.telemetry import Telemetry
from natalis.ports.transport import Transport
from natalis.runtime.adapters import open_transport, queue_name
from natalis.runtime.bell import Bell
from natalis.runtime.clock_skew import warn_of_skew
from natalis.runtime.ending import Ending
from natalis.runtime.freshness import Freshness
from natalis.runtime.front_doors import FrontDoors, open_limiter
from natalis.runtime.gauges import Gauges
from natalis.runtime.observation import delivery_spans, observed
from natalis.runtime.roles import EVERY_ROLE, Role, check_roles
from natalis.runtime.settings import Settings
from natalis.runtime.staffing import holds_unknown, services_of
from natalis.runtime.supervision import stop_on_signals, supervise, supervised
from natalis.runtime.upkeep import Upkeep
from natalis.runtime.wiring import Application, open_application, open_provider
from natalis.services.worker import Worker
from natalis.telemetry.event_log import EventLog
from natalis.telemetry.fanout import Fanout
from natalis.telemetry.metered import metered
from natalis.telemetry.metrics import Metrics
from plimsoll.instrument.cost import Cost
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.process import watch_process
from plimsoll.instrument.registry import Registry

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running process can be reached, and what it calls; None for what its roles do not have."""

    api: str | None
    metrics: str | None
    provider: str | None


async def up(
    settings: Settings,
    clock: Clock,
    *,
    announce: Callable[[Addresses], None],
    roles: Collection[Role] = EVERY_ROLE,
) -> None:
    """Run until SIGTERM or SIGINT, then finish what was begun.

    Args:
        settings: What the operator chose.
        clock: The machine's.
        announce: Told where to reach the process, once it is ready.
        roles: What this process does.

    Raises:
        SettingsInvalid: A port is taken, the address needs a token first, or the roles cannot be played apart.
        StoreUnavailable: The database cannot be opened, or another process owns it.
    """
    check_roles(settings, roles)
    ending = Ending(settings.drain)
    registry = _registry(settings)
    watch_process(registry, service="natalis", version=__version__)
    if settings.prices is not None:
        Cost(registry, settings.prices)
    metrics = Metrics(
        registry, queue=queue_name(settings), counts_people=Role.PLANNER in roles, sends=Role.WORKER in roles
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(stop_on_signals(ending.stopping))
        stack.enter_context(observed(settings, roles))
        spans = delivery_spans(settings, clock)
        telemetry = Fanout(metrics, EventLog(), *([] if spans is None else [spans]))
        opened = _opened(settings, clock, registry, metrics, roles)
        application = await stack.enter_async_context(ending.hurried(opened))
        await warn_of_skew(settings, clock)
        await _take_over(application, telemetry)
        queue = open_transport(settings, clock, instance=application.instance)
        transport = await stack.enter_async_context(ending.hurried(queue))
        provider = open_provider(settings, clock)
        metrics.record(BreakerMoved(provider.name, "closed"))
        stack.push_async_callback(provider.close)
        services = await services_of(application, transport, provider, telemetry, roles=roles, spans=spans)
        attendants = _attendants(application, transport, metrics, roles)
        limiter = await stack.enter_async_context(open_limiter(settings, clock, roles, metrics.heard_redis))
        rates = () if limiter is None else (limiter,)
        staff = supervised([*services, *attendants, *rates], clock)
        doors = FrontDoors(application, transport, staff, registry, metrics, limiter)
        _watch(application, services, metrics)
        api, scraped = await stack.enter_async_context(ending.hurried(doors.opened(roles)))
        gc.freeze()  # what a process starts with it keeps: no collection is to look at it again, amid requests
        announce(Addresses(api, scraped, provider.name if Role.WORKER in roles else None))
        await supervise(staff, clock, Bell(), ending)


def _registry(settings: Settings) -> Registry:
    try:
        return Registry(settings.metrics_dir)
    except OSError as error:
        problem = f"METRICS_DIR: {settings.metrics_dir} cannot be written ({error.strerror})"
        raise SettingsInvalid((f"{problem}; name a folder that this user may write to, or none",)) from None


def _attendants(
    application: Application, transport: Transport, metrics: Metrics, roles: Collection[Role]
) -> Iterator[Service]:
    store, clock = application.store, application.clock
    plans = Role.PLANNER in roles  # of these there are few, and there is always one
    yield Gauges(store, transport, clock, metrics, counts_people=plans)
    if store.changes is not None:
        yield Freshness(store.changes, application.cache, clock)
    if plans:
        keep = application.settings.keep_deliveries
        yield Upkeep(store.connection, clock, keep=keep or None)


def _opened(
    settings: Settings, clock: Clock, registry: Registry, metrics: Metrics, roles: Collection[Role]
) -> contextlib.AbstractAsyncContextManager[Application]:
    return open_application(
        settings,
        clock,
        exclusive=True,
        busy=Role.API in roles,
        heard=metrics.caches.heard,
        operated=metrics.heard_redis,
        measured=lambda store: metered(
            store, DatabaseMetrics(registry, "postgresql" if settings.is_fleet else "sqlite")
        ),
    )


def _watch(application: Application, services: Collection[Service], metrics: Metrics) -> None:
    """Have counted at every scrape what is in hand at that moment."""
    pools = application.store.connection.pools
    metrics.watch_connections("database", lambda: sum(pool.in_use for pool in pools()))
    for each in services:
        if isinstance(each, Worker):
            metrics.watch_worker(application.instance, lambda worker=each: worker.in_flight)  # type: ignore[misc]  # its default


async def _take_over(application: Application, telemetry: Telemetry) -> None:
    """Give back what an earlier process of this file held, and say whether the zones changed since."""
    if not application.settings.is_fleet:
        hold = holds_unknown(application.settings)
        reaped = await application.store.recovery.reclaim(now=application.clock.now(), hold=hold)
        if reaped.leases or reaped.lost:
            telemetry.record(Returned(len(reaped.leases), len(reaped.lost)))
    drift = await application.move_zones.drift()
    if drift is not None:
        _log.warning(
            "fire times were computed with time zones %s, and %s runs: see `natalis tz preview`",
            drift.recorded,
            drift.running,
        )
