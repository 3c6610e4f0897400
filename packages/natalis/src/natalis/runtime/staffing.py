"""The staffing: planner, dispatcher, worker and reaper over an open application, with the operator's numbers."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from natalis.domain.limit import limit_of
from natalis.domain.rate import Rate, WarmUp, rate_of
from natalis.domain.retry import RetryPolicy
from natalis.ports.provider import Provider
from natalis.ports.service import Service
from natalis.ports.telemetry import Telemetry
from natalis.ports.transport import Transport
from natalis.runtime.observation import traced_writer
from natalis.runtime.roles import EVERY_ROLE, Role
from natalis.runtime.settings import Settings
from natalis.runtime.wiring import Application, writer_of
from natalis.services.dispatcher import Dispatcher, DispatcherOptions
from natalis.services.planner import Planner, PlannerOptions
from natalis.services.reaper import Reaper, ReaperOptions
from natalis.services.worker import OnUnknown, Worker, WorkerOptions
from natalis.telemetry.spans import DeliverySpans

WARM_UP_BEGAN = "warm-up began"


async def services_of(
    application: Application,
    transport: Transport,
    provider: Provider,
    telemetry: Telemetry,
    *,
    roles: Collection[Role] = EVERY_ROLE,
    random_unit: Callable[[], float] = random.random,
    patience: timedelta = timedelta(seconds=1),
    spans: DeliverySpans | None = None,
) -> tuple[Service, ...]:
    """Return the services of these roles, in the order in which they are to be drained."""
    settings, clock, store = application.settings, application.clock, application.store
    services: list[Service] = []
    if Role.PLANNER in roles:
        options = PlannerOptions(horizon=settings.horizon)
        services.append(Planner(store.plans, application.book, clock, telemetry, options))
    if Role.DISPATCHER in roles:
        handing = contextlib.nullcontext if spans is None else spans.handing
        pace = await _dispatching(application)
        services.append(Dispatcher(store.outbox, transport, clock, telemetry, pace, handing=handing))
    if Role.WORKER in roles:
        worker = Worker(
            store.inbox,
            transport,
            provider,
            write_message=traced_writer(await writer_of(application), spans),
            clock=clock,
            telemetry=telemetry,
            random=random_unit,
            options=_working(application, patience),
        )
        services.append(worker)
    if Role.DISPATCHER in roles:
        reaping = ReaperOptions(lost_after=settings.lost_after, hold=holds_unknown(settings))
        services.append(Reaper(store.recovery, transport, clock, telemetry, reaping))
    return tuple(services)


def holds_unknown(settings: Settings) -> bool:
    """Whether an attempt without an answer is left for a person to decide."""
    return settings.on_unknown == "hold" and not settings.provider_recognises_repeats


async def _dispatching(application: Application) -> DispatcherOptions:
    settings = application.settings
    return DispatcherOptions(
        tolerance=min(rule.tolerance for rule in settings.kinds.values()),
        catch_up=_rate(settings.catch_up_rate),
        domain=_rate(settings.domain_rate),
        warm_up=await _warm_up(application),
    )


async def _warm_up(application: Application) -> WarmUp | None:
    if application.settings.warm_up <= timedelta(0):
        return None
    now = application.clock.now()
    began = await application.store.facts.put_new(WARM_UP_BEGAN, now.isoformat())
    return WarmUp(datetime.fromisoformat(began), over=application.settings.warm_up)


def _working(application: Application, patience: timedelta) -> WorkerOptions:
    settings = application.settings
    return WorkerOptions(
        worker_id=application.instance,
        concurrency=settings.worker_concurrency,
        lease=settings.worker_lease,
        call_timeout=settings.provider_timeout * 2,
        rate=None if settings.provider_rate is None else limit_of(settings.provider_rate),
        retry=RetryPolicy(settings.max_attempts, settings.retry_base, settings.retry_cap),
        on_unknown=OnUnknown(settings.on_unknown),
        patience=patience,
        grace=settings.drain,
        tolerances={name: rule.tolerance for name, rule in settings.kinds.items()},
    )


def _rate(per_second: float | None) -> Rate | None:
    return None if per_second is None else rate_of(per_second)
