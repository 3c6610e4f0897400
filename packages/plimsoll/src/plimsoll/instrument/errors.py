"""Errors to Sentry as the environment asks for it: off, with nothing imported, unless it names a project."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from plimsoll.errors import InvalidInput
from plimsoll.instrument import traces
from plimsoll.instrument.redaction import Redaction

LAST: Final = timedelta(seconds=2)
"""How long the last reports may take to be sent when a process ends."""
PRODUCTION: Final = "production"
_RATIO_IN_PRODUCTION = 0.1


@dataclass(frozen=True, slots=True)
class ErrorOptions:
    """Which project hears of errors, and of how many traces.

    Attributes:
        dsn: The address of the project, with its key.
        service: What the service is called.
        environment: `production`, `development` or any other word; the errors of each are listed apart.
        release: What runs, such as `1.2.0`; empty for none.
        ratio: The part of traces that is sent along, from 0 to 1; None for a tenth in production and all elsewhere.
            Where traces go to a collector too, they are those of the kept ones.

    Raises:
        InvalidInput: One of them cannot be.
    """

    dsn: str
    service: str
    environment: str = PRODUCTION
    release: str = ""
    ratio: float | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.dsn)
        if parts.scheme not in {"http", "https"} or not parts.username or not parts.path.strip("/"):
            raise InvalidInput("SENTRY_DSN", "it is none", "copy it from the project: https://KEY@HOST/NUMBER")
        if self.ratio is not None and not 0 <= self.ratio <= 1:
            raise InvalidInput("SENTRY_TRACES_SAMPLE_RATE", f"{self.ratio:g} is no ratio", "give one from 0 to 1")

    @property
    def kept(self) -> float:
        """The part of traces that is sent along."""
        if self.ratio is not None:
            return self.ratio
        return _RATIO_IN_PRODUCTION if self.environment == PRODUCTION else 1.0


def read_options(environ: Mapping[str, str], *, service: str, release: str = "") -> ErrorOptions | None:
    """Return what the environment asks for, by Sentry's own variables; None when it names no project.

    Read are `SENTRY_DSN`, `SENTRY_ENVIRONMENT`, `SENTRY_RELEASE` and `SENTRY_TRACES_SAMPLE_RATE`.

    Raises:
        InvalidInput: A variable holds something it cannot.
    """
    dsn = environ.get("SENTRY_DSN", "").strip()
    if not dsn:
        return None
    rate = environ.get("SENTRY_TRACES_SAMPLE_RATE", "").strip()
    try:
        ratio = float(rate) if rate else None
    except ValueError:
        raise InvalidInput("SENTRY_TRACES_SAMPLE_RATE", f"{rate!r} is no ratio", "give one from 0 to 1") from None
    environment = environ.get("SENTRY_ENVIRONMENT", "").strip() or PRODUCTION
    return ErrorOptions(dsn, service, environment, environ.get("SENTRY_RELEASE", "").strip() or release, ratio)


@contextlib.contextmanager
def reported(
    options: ErrorOptions | None, redaction: Redaction | None = None, *, last: timedelta = LAST
) -> Iterator[None]:
    """Have errors that are logged or never caught sent to Sentry while the block lasts; None sends none.

    Args:
        options: Where to.
        redaction: Takes out what must not be told.
        last: How long leaving the block may take to send what waits; what still waits then is lost.

    Raises:
        InvalidInput: What sends them is not installed.
    """
    if options is None:
        yield
        return
    try:
        from plimsoll.instrument.sentry import Reporter  # noqa: PLC0415 - Sentry is imported by who asks for it
    except ImportError as error:
        missing = f"errors need the package {error.name}"
        raise InvalidInput("SENTRY_DSN", missing, "install plimsoll[sentry], or leave it out") from None
    reporter = Reporter(options, redaction or Redaction())
    listener = traces.Listener(options.kept, reporter.heard)
    try:
        with traces.listened(listener) if options.kept else contextlib.nullcontext():
            yield
    finally:
        reporter.close(last)
