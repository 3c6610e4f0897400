"""The API's own door: the use cases behind it and the server before it; loaded where a process has this role."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import BinaryIO

from natalis import __version__
from natalis.api.access import check_listening
from natalis.api.app import create_app
from natalis.api.options import ApiOptions, ApiServices
from natalis.api.rate import Limiter, RateLimit
from natalis.api.server import serve
from natalis.formats.detect import open_people
from natalis.formats.reading import Reading
from natalis.ports.people_file import PeopleFile
from natalis.runtime.wiring import Application
from natalis.telemetry.metrics import Metrics
from natalis.usecases.readiness import Check, CheckReadiness
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import HttpMetrics
from plimsoll.instrument.requests.lines import LineOptions


async def open_api(stack: contextlib.AsyncExitStack, services: ApiServices, settings: ApiOptions, *, port: int) -> int:
    """Serve the API until the stack is left; return the port it got.

    Raises:
        SettingsInvalid: The port is taken, or the address needs a token first.
    """
    check_listening(settings.listen, has_tokens=bool(await services.tokens.list()))
    server = await serve(create_app(services, settings), host=settings.listen, port=port)
    stack.push_async_callback(server.stop)
    return server.port


def services_behind(
    application: Application, checks: Mapping[str, Check], registry: Registry, metrics: Metrics
) -> ApiServices:
    """Return the use cases of an open application.

    Args:
        application: Has them.
        checks: What readiness asks.
        registry: What a scraper is shown.
        metrics: Told how many requests are under way.
    """
    http = HttpMetrics(registry)
    metrics.watch_connections("http", lambda: http.under_way)
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
        http=http,
    )


def options_of(
    host: str, rate: RateLimit | None, limiter: Limiter | None, lines: LineOptions | None = None
) -> ApiOptions:
    """Return how the API behaves at an address."""
    return ApiOptions(listen=host, version=__version__, rate=rate, limiter=limiter, lines=lines)


def _open_people(file: BinaryIO, name: str, encoding: str | None) -> PeopleFile:
    return open_people(file, name=name, reading=Reading(encoding=encoding))
