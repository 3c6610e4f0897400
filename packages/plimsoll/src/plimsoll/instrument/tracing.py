"""Tracing as the environment asks for it: off, with nothing imported, unless it names a collector."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import unquote, urlsplit

from plimsoll.errors import InvalidInput
from plimsoll.instrument import traces
from plimsoll.instrument.redaction import Redaction

LAST: Final = timedelta(seconds=2)
"""How long the last spans may take to be sent when a process ends."""
GRPC: Final = "grpc"
HTTP: Final = "http/protobuf"
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
        endpoint: The collector: `http://127.0.0.1:4318`; over HTTP `/v1/traces` is added.
        service: `service.name`.
        protocol: `http/protobuf` or `grpc`.
        ratio: The part of the traces begun here that is kept, from 0 to 1.
        resource: What else is said of this process: `deployment.environment.name`, `service.version`.

    Raises:
        InvalidInput: One of them cannot be.
    """

    endpoint: str
    service: str
    protocol: str = HTTP
    ratio: float = 1.0
    resource: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if urlsplit(self.endpoint).scheme not in {"http", "https"} or not urlsplit(self.endpoint).hostname:
            raise InvalidInput(_ENDPOINT, "it is no address", "give a collector's, such as http://127.0.0.1:4318")
        if self.protocol not in {HTTP, GRPC}:
            raise InvalidInput("OTEL_EXPORTER_OTLP_PROTOCOL", f"{self.protocol!r} is not known", f"{HTTP} or {GRPC}")
        if not 0 <= self.ratio <= 1:
            raise InvalidInput("OTEL_TRACES_SAMPLER_ARG", f"{self.ratio:g} is no ratio", "give one from 0 to 1")

    @property
    def traces_endpoint(self) -> str:
        """Where spans are posted to over HTTP."""
        return f"{self.endpoint.rstrip('/')}/v1/traces"


def read_options(environ: Mapping[str, str], *, service: str) -> TraceOptions | None:
    """Return what the environment asks for, by OpenTelemetry's own variables; None when it asks for no traces.

    Read are `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_PROTOCOL`, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`,
    `OTEL_TRACES_SAMPLER_ARG`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SDK_DISABLED` and `OTEL_TRACES_EXPORTER=none`.
    OpenTelemetry's exporter reads headers, certificates, compression and time-outs itself. A caller's decision about
    its trace always holds, as if every sampler were `parentbased_…`.

    Args:
        environ: The environment.
        service: What the service is called where `OTEL_SERVICE_NAME` does not say so.

    Raises:
        InvalidInput: A variable holds something it cannot.
    """
    endpoint = environ.get(_ENDPOINT, "").strip()
    is_off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if not endpoint or is_off or environ.get("OTEL_TRACES_EXPORTER", "").strip() == "none":
        return None
    resource = read_resource(environ.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    return TraceOptions(
        endpoint=endpoint,
        service=environ.get("OTEL_SERVICE_NAME", "").strip() or resource.get("service.name", service),
        protocol=environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "").strip() or HTTP,
        ratio=_ratio(environ),
        resource=resource,
    )


def read_resource(text: str) -> dict[str, str]:
    """Read `OTEL_RESOURCE_ATTRIBUTES`: `team=mail,deployment.environment.name=production`, values percent-encoded.

    Raises:
        InvalidInput: A part has no `=`.
    """
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise InvalidInput("OTEL_RESOURCE_ATTRIBUTES", f"{part!r} has no value", "write name=value,name=value")
        found[name.strip()] = unquote(value.strip())
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
    try:
        from plimsoll.instrument.otlp import Sender  # noqa: PLC0415 - OpenTelemetry is imported by who asks for it
    except ImportError as error:
        missing = f"traces need the package {error.name}"
        raise InvalidInput(_ENDPOINT, missing, "install plimsoll[traces], or leave it out") from None
    sender = Sender(options, redaction or Redaction())
    listener = traces.Listener(options.ratio, sender.heard)
    traces.listen(listener)
    try:
        yield
    finally:
        traces.leave(listener)
        sender.close(last)


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
