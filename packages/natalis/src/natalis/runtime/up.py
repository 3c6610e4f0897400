"""`natalis up`: the API and every role in one process, on one event loop, until a signal comes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from natalis import __version__
from natalis.api.access import check_listening
from natalis.api.app import create_app
from natalis.api.options import ApiOptions, ApiServices, default_rate
from natalis.api.rate import RateLimit
from natalis.api.server import serve
from natalis.domain.events import Returned
from natalis.errors import ServiceStalled, SettingsInvalid
from natalis.formats.detect import open_people
from natalis.formats.reading import Reading
from natalis.ports.clock import Clock
from natalis.ports.people_file import PeopleFile
from natalis.ports.provider import Provider
from natalis.ports.telemetry import Telemetry
from natalis.ports.transport import Transport
from natalis.runtime.bell import Bell
from natalis.runtime.freshness import Freshness
from natalis.runtime.gauges import Gauges
from natalis.runtime.progress import Progress
from natalis.runtime.settings import Settings
from natalis.runtime.staffing import services_of
from natalis.runtime.supervision import Supervised, stop_on_signals, supervise, supervised
from natalis.runtime.wiring import Application, open_application, open_provider
from natalis.telemetry.event_log import EventLog
from natalis.telemetry.fanout import Fanout
from natalis.telemetry.metered import metered
from natalis.telemetry.metrics import Metrics
from natalis.transports.embedded import EmbeddedTransport
from natalis.usecases.readiness import Check, CheckReadiness
from plimsoll.instrument.asgi import HttpMetrics
from plimsoll.instrument.process import LoopLag, watch_process
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.server import serve_metrics

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running process can be reached; `metrics` is None when it is turned off."""

    api: str
    metrics: str | None
    provider: str


async def up(settings: Settings, clock: Clock, *, announce: Callable[[Addresses], None]) -> None:
    """Run until SIGTERM or SIGINT, then finish what was begun.

    Args:
        settings: What the operator chose.
        clock: The machine's.
        announce: Told where to reach the process, once it is ready.

    Raises:
        SettingsInvalid: A port is taken, or the address needs a token first.
        StoreUnavailable: The database cannot be opened, or another process owns it.
    """
    stopping = asyncio.Event()
    registry = Registry()
    watch_process(registry, service="natalis", version=__version__)
    metrics = Metrics(registry)
    telemetry = Fanout(metrics, EventLog())
    with stop_on_signals(stopping):
        async with _opened(settings, clock, registry, metrics) as application:
            await _take_over(application, telemetry)
            transport, provider = EmbeddedTransport(clock), open_provider(settings, clock)
            services = await services_of(application, transport, provider, telemetry)
            gauges = Gauges(application.store, transport, clock, metrics)
            freshness = Freshness(application.store.connection, application.cache, clock)
            staff = supervised([*services, gauges, freshness], clock)
            async with (
                _closing(provider, transport),
                _front_doors(application, transport, staff, registry) as (api, scraped),
            ):
                announce(Addresses(api, scraped, provider.name))
                await supervise(staff, clock, Bell(), stopping)


def _opened(
    settings: Settings, clock: Clock, registry: Registry, metrics: Metrics
) -> contextlib.AbstractAsyncContextManager[Application]:
    return open_application(
        settings,
        clock,
        exclusive=True,
        heard=metrics.heard_cache,
        measured=lambda store: metered(store, registry),
    )


async def _take_over(application: Application, telemetry: Telemetry) -> None:
    """Give back what an earlier process held, and say whether the zones changed since."""
    settings = application.settings
    hold = settings.on_unknown == "hold" and not settings.provider_recognises_repeats
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


@contextlib.asynccontextmanager
async def _closing(provider: Provider, transport: Transport) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await transport.close()
        await provider.close()


@contextlib.asynccontextmanager
async def _front_doors(
    application: Application, transport: Transport, staff: Sequence[Supervised], registry: Registry
) -> AsyncIterator[tuple[str, str | None]]:
    settings = application.settings
    check_listening(settings.host, has_tokens=bool(await application.tokens.list()))
    app = create_app(_behind(application, transport, staff, registry), _options(settings))
    lag = LoopLag(registry)
    async with contextlib.AsyncExitStack() as stack:
        api = await serve(app, host=settings.host, port=settings.port)
        stack.push_async_callback(api.stop)
        scraped = await _metrics_door(settings, registry, staff, stack)
        lag.start()
        stack.callback(lag.stop)
        yield f"http://{_written(settings.host)}:{api.port}", scraped


async def _metrics_door(
    settings: Settings, registry: Registry, staff: Sequence[Supervised], stack: contextlib.AsyncExitStack
) -> str | None:
    if not settings.metrics_port:
        return None
    try:
        server = await serve_metrics(
            registry.exposition,
            host=settings.host,
            port=settings.metrics_port,
            healthy=lambda: all(each.progress.trouble is None for each in staff),
        )
    except OSError as error:
        problem = f"METRICS_PORT: {settings.metrics_port} on {settings.host} cannot be listened on ({error.strerror})"
        raise SettingsInvalid((f"{problem}; stop what listens there, choose another, or 0 for none",)) from None
    stack.push_async_callback(server.close)
    return f"http://{_written(settings.host)}:{server.port}/metrics"


def _behind(
    application: Application, transport: Transport, staff: Sequence[Supervised], registry: Registry
) -> ApiServices:
    checks: dict[str, Check] = {"store": application.store.connection.ping, "queue": transport.depth}
    checks |= {each.progress.service: _progress_check(each.progress) for each in staff}
    return ApiServices(
        users=application.users,
        occasions=application.occasions,
        importing=application.importing,
        open_people=_open_people,
        deliveries=application.deliveries,
        upcoming=application.upcoming,
        forecast=application.forecast,
        why=application.why,
        feedback=application.feedback,
        suppress=application.suppress,
        tokens=application.tokens,
        readiness=CheckReadiness(checks, application.clock),
        clock=application.clock,
        registry=registry,
        http=HttpMetrics(registry),
    )


def _open_people(file: BinaryIO, name: str, encoding: str | None) -> PeopleFile:
    return open_people(file, name=name, reading=Reading(encoding=encoding))


def _progress_check(progress: Progress) -> Check:
    async def check() -> str:
        if progress.trouble is not None:
            raise ServiceStalled(progress.trouble)
        return f"{progress.steps} steps"

    return check


def _options(settings: Settings) -> ApiOptions:
    rate = settings.api_rate
    limit = default_rate(settings.host) if rate is None else RateLimit(rate, max(1.0, 2 * rate))
    return ApiOptions(listen=settings.host, version=__version__, rate=limit)


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
