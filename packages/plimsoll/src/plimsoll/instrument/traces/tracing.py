"""Tracing as the environment asks for it: off, with nothing imported, unless it names a collector."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from plimsoll import __version__
from plimsoll.errors import InvalidInput
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.traces.live import Listener, listened
from plimsoll.instrument.traces.otlp.options import Carriage, pairs_of, read_carriage

if TYPE_CHECKING:
    from plimsoll.instrument.traces.otlp.answers import Collector
    from plimsoll.instrument.traces.otlp.sending import Sender

LAST: Final = timedelta(seconds=2)
"""How long the last spans may take to be sent when a process ends."""
GRPC: Final = "grpc"
HTTP: Final = "http/protobuf"
PATH: Final = "/v1/traces"
"""Where a collector takes spans over HTTP, unless `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names the whole address."""
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SAMPLERS: Final[Mapping[str, float | None]] = {
    "parentbased_traceidratio": None,  # OTEL_TRACES_SAMPLER_ARG says how many
    "traceidratio": None,
    "parentbased_always_on": 1.0,
    "always_on": 1.0,
    "parentbased_always_off": 0.0,
    "always_off": 0.0,
}
SAMPLERS: Final = tuple(_SAMPLERS)
"""What `OTEL_TRACES_SAMPLER` may say."""


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """Where spans go, and which.

    Attributes:
        endpoint: The collector: `http://127.0.0.1:4318`.
        service: `service.name`.
        protocol: `http/protobuf` or `grpc`.
        ratio: The part of the traces begun here that is kept, from 0 to 1.
        resource: What else is said of this process: `deployment.environment.name`, `service.version`.
        path: What is added to the endpoint over HTTP.
        carriage: How they travel.

    Raises:
        InvalidInput: One of them cannot be.
    """

    endpoint: str
    service: str
    protocol: str = HTTP
    ratio: float = 1.0
    resource: Mapping[str, str] = field(default_factory=dict)
    path: str = PATH
    carriage: Carriage = field(default_factory=Carriage)

    def __post_init__(self) -> None:
        if not _is_address(self.endpoint):
            raise InvalidInput(_ENDPOINT, "it is no address", "give a collector's, such as http://127.0.0.1:4318")
        if self.protocol not in {HTTP, GRPC}:
            raise InvalidInput("OTEL_EXPORTER_OTLP_PROTOCOL", f"{self.protocol!r} is not known", f"{HTTP} or {GRPC}")
        if not 0 <= self.ratio <= 1:
            raise InvalidInput("OTEL_TRACES_SAMPLER_ARG", f"{self.ratio:g} is no ratio", "give one from 0 to 1")

    @property
    def traces_endpoint(self) -> str:
        """Where spans are posted to over HTTP."""
        return f"{self.endpoint.rstrip('/')}{self.path}" if self.path else self.endpoint


def read_options(environ: Mapping[str, str], *, service: str) -> TraceOptions | None:
    """Return what the environment asks for, by OpenTelemetry's own variables; None when it asks for no traces.

    Read are `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_PROTOCOL`, each by its name with `_TRACES` in it
    first, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`, `OTEL_RESOURCE_ATTRIBUTES`,
    `OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER=none` and what `otlp/options.py` names. A caller's decision about its
    trace always holds, as if every sampler were `parentbased_…`.

    Args:
        environ: The environment.
        service: What the service is called where `OTEL_SERVICE_NAME` does not say so.

    Raises:
        InvalidInput: A variable holds something it cannot.
    """
    whole = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()
    endpoint = whole or environ.get(_ENDPOINT, "").strip()
    is_off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if not endpoint or is_off or environ.get("OTEL_TRACES_EXPORTER", "").strip() == "none":
        return None
    resource = read_resource(environ.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    return TraceOptions(
        endpoint=endpoint,
        service=environ.get("OTEL_SERVICE_NAME", "").strip() or resource.get("service.name", service),
        protocol=_protocol(environ),
        ratio=_ratio(environ),
        resource=resource,
        path="" if whole else PATH,
        carriage=read_carriage(environ),
    )


def read_resource(text: str) -> dict[str, str]:
    """Read `OTEL_RESOURCE_ATTRIBUTES`: `team=mail,deployment.environment.name=production`, values percent-encoded.

    Raises:
        InvalidInput: A part has no `=`.
    """
    found: dict[str, str] = {}
    for part, name, value in pairs_of(text):
        if not name:
            raise InvalidInput("OTEL_RESOURCE_ATTRIBUTES", f"{part!r} has no value", "write name=value,name=value")
        found[name] = value
    return found


@contextlib.contextmanager
def traced(
    options: TraceOptions | None, redaction: Redaction | None = None, *, last: timedelta = LAST
) -> Iterator[None]:
    """Have spans of this process sent while the block lasts; None sends none and imports nothing.

    Args:
        options: Where to.
        redaction: Takes out what must not be told.
        last: How long leaving the block may take to send what waits; what still waits then is lost.

    Raises:
        InvalidInput: What sends spans is not installed.
    """
    if options is None:
        yield
        return
    sender = _open(options, redaction or Redaction())
    try:
        with listened(Listener(options.ratio, sender.heard)):
            yield
    finally:
        sender.close(last)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of brackets, or a port beyond 65535
        return False


def _open(options: TraceOptions, redaction: Redaction) -> Sender:
    from plimsoll.instrument.traces.otlp.encoding import Encoder  # noqa: PLC0415 - what traces need is imported where they are
    from plimsoll.instrument.traces.otlp.sending import Sender  # noqa: PLC0415 - as above

    about = {
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "plimsoll",
        "telemetry.sdk.version": __version__,
        **options.resource,
        "service.name": options.service,
    }
    encoder = Encoder(redaction)
    return Sender(lambda: _collector(options), encoder, encoder.resource(about), options.carriage)


def _collector(options: TraceOptions) -> Collector:
    if options.protocol == GRPC:
        from plimsoll.instrument.traces.otlp.over_grpc import GrpcCollector  # noqa: PLC0415 - one of two is installed

        try:
            return GrpcCollector(options.endpoint, options.carriage)
        except ImportError:
            remedy = "install plimsoll[grpc], or choose http/protobuf (port 4318 of most collectors)"
            raise InvalidInput("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc needs the package grpcio", remedy) from None
    try:
        from plimsoll.instrument.traces.otlp.over_http import HttpCollector  # noqa: PLC0415 - as above
    except ImportError as error:
        missing = f"traces need the package {error.name}"
        raise InvalidInput(_ENDPOINT, missing, "install plimsoll[traces], or leave it out") from None
    return HttpCollector(options.traces_endpoint, options.carriage)


def _protocol(environ: Mapping[str, str]) -> str:
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    return next(filter(None, (environ.get(name, "").strip() for name in names)), HTTP)


def _ratio(environ: Mapping[str, str]) -> float:
    name = environ.get("OTEL_TRACES_SAMPLER", "").strip() or "parentbased_traceidratio"
    if name not in _SAMPLERS:
        raise InvalidInput("OTEL_TRACES_SAMPLER", f"{name!r} is not known", f"one of {', '.join(_SAMPLERS)}")
    fixed = _SAMPLERS[name]
    text = environ.get("OTEL_TRACES_SAMPLER_ARG", "").strip()
    if fixed is not None or not text:
        return 1.0 if fixed is None else fixed
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("OTEL_TRACES_SAMPLER_ARG", f"{text!r} is no ratio", "give one from 0 to 1") from None
