"""The doors of a running process: the API, and the port that Prometheus scrapes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass

from natalis.api.access import is_loopback
from natalis.api.rate import Limiter, RateLimit
from natalis.api.shared_rate import SharedRateLimiter
from natalis.errors import ServiceStalled, SettingsInvalid
from natalis.ports.clock import Clock
from natalis.ports.transport import Transport
from natalis.runtime.adapters import Operated, open_rates
from natalis.runtime.progress import Progress
from natalis.runtime.roles import HANDS_OVER, Role
from natalis.runtime.settings import Settings
from natalis.runtime.supervision import Supervised
from natalis.runtime.wiring import Application
from natalis.telemetry.metrics import Metrics
from natalis.usecases.readiness import Check
from plimsoll.instrument.process import LoopLag
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.lines import LEVELS, LineOptions
from plimsoll.instrument.server import ServedTogether, serve_metrics


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
        from natalis.runtime import api_door  # noqa: PLC0415 - a third of the start of a process that has no such door

        settings = self.application.settings
        services = api_door.services_behind(self.application, self._checks(roles), self.registry, self.metrics)
        options = api_door.options_of(settings.host, rate_limit(settings), self.limiter, request_lines(settings))
        port = await api_door.open_api(stack, services, options, port=settings.port)
        return f"http://{_written(settings.host)}:{port}"

    async def _open_metrics(self, stack: contextlib.AsyncExitStack) -> str | None:
        settings = self.application.settings
        if not settings.metrics_port:
            return None
        try:
            port = await self._serve_metrics(stack, settings)
        except OSError as error:
            where = f"{settings.metrics_port} on {settings.host}"
            problem = f"METRICS_PORT: {where} cannot be listened on ({error.strerror})"
            raise SettingsInvalid((f"{problem}; stop what listens there, choose another, or 0 for none",)) from None
        return f"http://{_written(settings.host)}:{port}/metrics"

    async def _serve_metrics(self, stack: contextlib.AsyncExitStack, settings: Settings) -> int:
        host, port = settings.host, settings.metrics_port
        if self.registry.folder is None:
            server = await serve_metrics(self.registry, host=host, port=port, healthy=self._is_well)
            stack.push_async_callback(server.close)
            return server.port
        together = ServedTogether(self.registry, self.registry.folder, host=host, port=port, healthy=self._is_well)
        stack.push_async_callback(together.close)
        await together.open()
        return port

    def _is_well(self) -> bool:
        return all(each.progress.trouble is None for each in self.staff)

    def _checks(self, roles: Collection[Role]) -> dict[str, Check]:
        checks: dict[str, Check] = {"store": self.application.store.connection.ping}
        if HANDS_OVER & set(roles):  # an API alone accepts whether the broker is there or not
            checks["queue"] = self.transport.depth
        return checks | {each.progress.service: _progress_check(each.progress) for each in self.staff}


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


def request_lines(settings: Settings) -> LineOptions | None:
    """Return which requests have a line of log; None for none."""
    asked = settings.log_requests
    if asked == "auto":
        asked = "debug" if settings.log_level == "debug" else "off"
    level = LEVELS[asked]
    return None if level is None else LineOptions(level, settings.log_slow_requests)


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


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
