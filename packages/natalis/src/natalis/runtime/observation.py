"""What a running process tells beside its metrics: log lines, traces and errors, as the settings choose."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Collection, Iterator
from typing import IO, Final, TypeVar

from natalis import __version__
from natalis.errors import SettingsInvalid
from natalis.runtime.roles import Role
from natalis.runtime.settings import Settings
from natalis.usecases.tokens import PREFIX
from plimsoll.errors import InvalidInput
from plimsoll.instrument.errors import ErrorOptions, reported
from plimsoll.instrument.logs import log_to
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.tracing import TraceOptions, read_resource, traced

SERVICE: Final = "natalis"
REDACTION: Final = Redaction(prefixes=(PREFIX,))
"""Takes out tokens of the API, beside what every service keeps to itself."""
_T = TypeVar("_T")


def log(settings: Settings, stream: IO[str], *, as_json: bool, verbose: bool = False) -> None:
    """Send log lines to a stream.

    Args:
        settings: Choose form and level.
        stream: Where to.
        as_json: Whether lines are JSON where the settings leave it open.
        verbose: Whether everything is logged, whatever the settings say.
    """
    log_to(
        stream,
        service=SERVICE,
        loggers=(SERVICE, "plimsoll"),
        as_json=as_json if settings.log_format == "auto" else settings.log_format == "json",
        level=logging.DEBUG if verbose else logging.getLevelNamesMapping()[settings.log_level.upper()],
        redaction=REDACTION,
    )


@contextlib.contextmanager
def observed(settings: Settings, roles: Collection[Role]) -> Iterator[None]:
    """Have traces and errors told while the block lasts, where the settings ask for it.

    Raises:
        SettingsInvalid: A setting will not do, or what it needs is not installed.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_refused(lambda: traced(_traces(settings, roles), REDACTION)))
        stack.enter_context(_refused(lambda: reported(_errors(settings), REDACTION)))
        yield


def _traces(settings: Settings, roles: Collection[Role]) -> TraceOptions | None:
    if settings.otel_exporter_otlp_endpoint is None:
        return None
    about = {"service.version": __version__, "natalis.roles": ",".join(sorted(role.value for role in roles))}
    return TraceOptions(
        endpoint=settings.otel_exporter_otlp_endpoint,
        service=settings.otel_service_name,
        protocol=settings.otel_exporter_otlp_protocol,
        ratio=settings.otel_traces_sampler_arg,
        resource={**about, **read_resource(settings.otel_resource_attributes)},
    )


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
