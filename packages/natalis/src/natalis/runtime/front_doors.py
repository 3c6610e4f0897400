"""The doors of a running process: the API, and the port that Prometheus scrapes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from natalis import __version__
from natalis.api.access import check_listening, is_loopback
from natalis.api.app import create_app
from natalis.api.options import ApiOptions, ApiServices
from natalis.api.rate import Limiter, RateLimit
from natalis.api.server import serve
from natalis.api.shared_rate import SharedRateLimiter
from natalis.errors import ServiceStalled, SettingsInvalid
from natalis.formats.detect import open_people
from natalis.formats.reading import Reading
from natalis.ports.clock import Clock
from natalis.ports.people_file import PeopleFile
from natalis.ports.transport import Transport
from natalis.runtime.adapters import Operated, open_rates
from natalis.runtime.progress import Progress
from natalis.runtime.roles import HANDS_OVER, Role
from natalis.runtime.settings import Settings
from natalis.runtime.supervision import Supervised
from natalis.runtime.wiring import Application
from natalis.telemetry.metrics import Metrics
from natalis.usecases.readiness import Check, CheckReadiness
from plimsoll.instrument.asgi import HttpMetrics
from plimsoll.instrument.process import LoopLag
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.server import serve_metrics


@dataclass(frozen=True, slots=True)
class FrontDoors:
    """The doors of a process over an open application.

    Attributes:
        application: What they lead to.
        transport: The queue, for the question whether all is ready.
        staff: Whose progress decides whether the process is well.
        registry: What a scraper is shown.
        metrics: Told how many requests are under way.
        limiter: Bounds how fast one client may call, together with other processes; None for a bound of its own.
    """

    application: Application
    transport: Transport
    staff: Sequence[Supervised]
    registry: Registry
    metrics: Metrics
    limiter: Limiter | None = None

    @contextlib.asynccontextmanager
    async def opened(self, roles: Collection[Role]) -> AsyncIterator[tuple[str | None, str | None]]:
        """Open the API (if it is a role of this process) and the scraper's port (if any); yield where they are.

        Raises:
            SettingsInvalid: A port is taken, or the address needs a token first.
        """
        lag = LoopLag(self.registry)
        async with contextlib.AsyncExitStack() as stack:
            api = await self._open_api(stack, roles) if Role.API in roles else None
            scraped = await self._open_metrics(stack)
            lag.start()
            stack.callback(lag.stop)
            yield api, scraped

    async def _open_api(self, stack: contextlib.AsyncExitStack, roles: Collection[Role]) -> str:
        settings = self.application.settings
        check_listening(settings.host, has_tokens=bool(await self.application.tokens.list()))
        app = create_app(self._behind(roles), _options(settings, self.limiter))
        server = await serve(app, host=settings.host, port=settings.port)
        stack.push_async_callback(server.stop)
        return f"http://{_written(settings.host)}:{server.port}"

    async def _open_metrics(self, stack: contextlib.AsyncExitStack) -> str | None:
        settings = self.application.settings
        if not settings.metrics_port:
            return None
        try:
            server = await serve_metrics(
                self.registry.exposition,
                host=settings.host,
                port=settings.metrics_port,
                healthy=lambda: all(each.progress.trouble is None for each in self.staff),
            )
        except OSError as error:
            where = f"{settings.metrics_port} on {settings.host}"
            problem = f"METRICS_PORT: {where} cannot be listened on ({error.strerror})"
            raise SettingsInvalid((f"{problem}; stop what listens there, choose another, or 0 for none",)) from None
        stack.push_async_callback(server.close)
        return f"http://{_written(settings.host)}:{server.port}/metrics"

    def _behind(self, roles: Collection[Role]) -> ApiServices:
        application = self.application
        checks: dict[str, Check] = {"store": application.store.connection.ping}
        if HANDS_OVER & set(roles):  # an API alone accepts whether the broker is there or not
            checks["queue"] = self.transport.depth
        checks |= {each.progress.service: _progress_check(each.progress) for each in self.staff}
        http = HttpMetrics(self.registry)
        self.metrics.watch_connections("http", lambda: http.under_way)
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
            registry=self.registry,
            http=http,
        )


def _open_people(file: BinaryIO, name: str, encoding: str | None) -> PeopleFile:
    return open_people(file, name=name, reading=Reading(encoding=encoding))


def _progress_check(progress: Progress) -> Check:
    async def check() -> str:
        if progress.trouble is not None:
            raise ServiceStalled(progress.trouble)
        return f"{progress.steps} steps"

    return check


def rate_limit(settings: Settings) -> RateLimit | None:
    """Return what one client may do: nothing is counted where only this machine can call."""
    rate = None if is_loopback(settings.host) else settings.api_rate
    return None if rate is None else RateLimit(rate, max(1.0, 2 * rate))


@contextlib.asynccontextmanager
async def open_limiter(
    settings: Settings, clock: Clock, roles: Collection[Role], operated: Operated
) -> AsyncIterator[SharedRateLimiter | None]:
    """Open what bounds a client over all API processes; None where a process counts for itself, or nothing at all."""
    limit = rate_limit(settings) if Role.API in roles else None
    if limit is None:
        yield None
        return
    async with open_rates(settings, clock, operated) as buckets:
        yield None if buckets is None else SharedRateLimiter(limit, buckets, clock)


def _options(settings: Settings, limiter: Limiter | None) -> ApiOptions:
    return ApiOptions(listen=settings.host, version=__version__, rate=rate_limit(settings), limiter=limiter)


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
