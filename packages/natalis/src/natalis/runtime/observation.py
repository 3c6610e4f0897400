"""What a running process tells beside its metrics: log lines, traces and errors, as the settings choose."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import IO, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from natalis import __version__
from natalis.domain.delivery import Delivery
from natalis.domain.message import Message
from natalis.domain.user import Profile
from natalis.errors import SettingsInvalid
from natalis.ports.clock import Clock
from natalis.runtime.adapters import queue_name
from natalis.runtime.roles import Role
from natalis.runtime.settings import Settings
from natalis.telemetry.spans import DeliverySpans, Names
from natalis.usecases.tokens import PREFIX
from plimsoll.instrument import InvalidInput, traces
from plimsoll.instrument.errors import ErrorOptions, reported
from plimsoll.instrument.logs import log_to
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.traces import Attribute
from plimsoll.instrument.traces.tracing import TraceOptions, read_options, traced

SERVICE: Final = "natalis"
REDACTION: Final = Redaction(prefixes=(PREFIX,))
"""Takes out tokens of the API, beside what every service keeps to itself."""
Writing: TypeAlias = Callable[[Delivery, Profile, int | None], Message]
LAST: Final = timedelta(seconds=1)
"""How long what was told last may take to be sent: a process that is to be gone in time may have used it all up."""
_T = TypeVar("_T")


def log(settings: Settings, stream: IO[str], *, as_json: bool) -> None:
    """Send log lines to a stream.

    Args:
        settings: Choose form and level.
        stream: Where to.
        as_json: Whether lines are JSON where the settings leave it open.
    """
    log_to(
        stream,
        service=SERVICE,
        loggers=(SERVICE, "plimsoll"),
        as_json=as_json if settings.log_format == "auto" else settings.log_format == "json",
        level=logging.getLevelNamesMapping()[settings.log_level.upper()],
        redaction=REDACTION,
    )


@contextlib.contextmanager
def observed(settings: Settings, roles: Collection[Role]) -> Iterator[None]:
    """Have traces and errors told while the block lasts, where the settings ask for it.

    Both are closed at once, so that the end of a process waits for one `LAST` at most.

    Raises:
        SettingsInvalid: A setting will not do, or what it needs is not installed.
    """
    with contextlib.ExitStack() as tracing, contextlib.ExitStack() as reporting:
        tracing.enter_context(_refused(lambda: traced(_traces(settings, roles), REDACTION, last=LAST)))
        reporting.enter_context(_refused(lambda: reported(_errors(settings), REDACTION, last=LAST)))
        try:
            yield
        finally:
            closing = threading.Thread(target=tracing.close, name="last-traces")
            closing.start()
            reporting.close()
            closing.join()


def delivery_spans(settings: Settings, clock: Clock) -> DeliverySpans | None:
    """Return what traces deliveries; None while nobody listens."""
    listener = traces.listening()
    if listener is None:
        return None
    names = Names(
        queue=queue_name(settings),
        system="natalis" if settings.queue_url is None else "rabbitmq",
        provider="print" if settings.provider_url is None else "POST",
        call={} if settings.provider_url is None else _called(settings.provider_url),
    )
    return DeliverySpans(listener.ratio, clock, names)


def traced_writer(write: Writing, spans: DeliverySpans | None) -> Writing:
    """Return what writes messages whose calls carry their traces."""
    if spans is None:
        return write
    traceparent = spans.traceparent

    def written(delivery: Delivery, profile: Profile, since: int | None) -> Message:
        message = write(delivery, profile, since)
        return replace(message, traceparent=traceparent(delivery.key, delivery.due_at))

    return written


def _called(url: str) -> dict[str, Attribute]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return {"http.request.method": "POST", "server.address": parts.hostname or "", "server.port": port}


def _traces(settings: Settings, roles: Collection[Role]) -> TraceOptions | None:
    options = read_options(_asked(settings), service=SERVICE)
    if options is None:
        return None
    about = {"service.version": __version__, "natalis.roles": ",".join(sorted(role.value for role in roles))}
    return replace(options, resource={**about, **options.resource})


def _asked(settings: Settings) -> dict[str, str]:
    """Return what the settings ask of tracing by OpenTelemetry's own variables: the kit alone knows what they mean."""
    return {
        **os.environ,  # how spans travel: headers, certificates, compression, batches
        "OTEL_EXPORTER_OTLP_ENDPOINT": settings.otel_exporter_otlp_endpoint or "",
        "OTEL_EXPORTER_OTLP_PROTOCOL": settings.otel_exporter_otlp_protocol,
        "OTEL_RESOURCE_ATTRIBUTES": settings.otel_resource_attributes,
        "OTEL_SDK_DISABLED": str(settings.otel_sdk_disabled),
        "OTEL_SERVICE_NAME": settings.otel_service_name,
        "OTEL_TRACES_SAMPLER": settings.otel_traces_sampler,
        "OTEL_TRACES_SAMPLER_ARG": str(settings.otel_traces_sampler_arg),
    }


def _errors(settings: Settings) -> ErrorOptions | None:
    if settings.sentry_dsn is None:
        return None
    return ErrorOptions(
        dsn=settings.sentry_dsn,
        service=SERVICE,
        environment=settings.sentry_environment,
        release=__version__,
        ratio=settings.sentry_traces_sample_rate,
    )


@contextlib.contextmanager
def _refused(open_: Callable[[], contextlib.AbstractContextManager[_T]]) -> Iterator[_T]:
    """Say in the words of settings what the kit refuses."""
    with contextlib.ExitStack() as stack:
        try:
            opened = stack.enter_context(open_())
        except InvalidInput as error:
            raise SettingsInvalid((str(error),)) from None
        yield opened
