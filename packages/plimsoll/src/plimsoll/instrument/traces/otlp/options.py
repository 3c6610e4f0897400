"""How spans travel to a collector, by OpenTelemetry's own variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from plimsoll.errors import InvalidInput

GZIP: Final = "gzip"
_COMPRESSIONS: Final = ("", "none", GZIP)
_PREFIXES: Final = ("OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_")
"""What is said of traces goes before what is said of everything."""
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110, 5.6.2
_HEADER_VALUE: Final = re.compile(r"[\x20-\x7e]*")  # what gRPC takes, too
_NUMBER: Final = re.compile(r"\d{1,20}", re.ASCII)
_LARGEST: Final = 2**31 - 1  # up to here OpenTelemetry has everybody read them


@dataclass(frozen=True, slots=True)
class Carriage:
    """How a batch is sent, and what a batch is.

    Attributes:
        headers: Sent with every batch: a key, a tenant.
        compression: `gzip`, or empty.
        timeout: How long one attempt may take.
        certificate: File of the authorities whose certificates are trusted; empty for the system's.
        client_certificate: File of this process's own certificate; empty for none.
        client_key: File of its key.
        delay: How long a span waits at most to be sent.
        waiting: How many spans wait at most; what ends beyond that is lost, and said so.
        batch: How many spans are sent together at most.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    compression: str = ""
    timeout: timedelta = timedelta(seconds=10)
    certificate: str = ""
    client_certificate: str = ""
    client_key: str = ""
    delay: timedelta = timedelta(seconds=5)
    waiting: int = 2_048
    batch: int = 512


def read_carriage(environ: Mapping[str, str]) -> Carriage:
    """Return what the environment says of it.

    Read are `OTEL_EXPORTER_OTLP_HEADERS`, `_COMPRESSION`, `_TIMEOUT` (milliseconds), `_CERTIFICATE`,
    `_CLIENT_CERTIFICATE` and `_CLIENT_KEY`, each by its name with `_TRACES` in it first, and of batches
    `OTEL_BSP_SCHEDULE_DELAY` (milliseconds), `OTEL_BSP_MAX_QUEUE_SIZE` and `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`.

    Raises:
        InvalidInput: A variable holds something it cannot.
    """
    usual = Carriage()
    waiting = _number(environ, "OTEL_BSP_MAX_QUEUE_SIZE", usual.waiting)
    batch = _number(environ, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", min(usual.batch, waiting))
    if batch > waiting:
        problem = f"{batch} spans never wait together where {waiting} may"
        raise InvalidInput("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", problem, "give at most OTEL_BSP_MAX_QUEUE_SIZE")
    return Carriage(
        headers=_headers(*_said(environ, "HEADERS")),
        compression=_compression(*_said(environ, "COMPRESSION")),
        timeout=_milliseconds(environ, _said(environ, "TIMEOUT")[0], usual.timeout),
        certificate=_file(*_said(environ, "CERTIFICATE")),
        client_certificate=_file(*_said(environ, "CLIENT_CERTIFICATE")),
        client_key=_file(*_said(environ, "CLIENT_KEY")),
        delay=_milliseconds(environ, "OTEL_BSP_SCHEDULE_DELAY", usual.delay),
        waiting=waiting,
        batch=batch,
    )


def _said(environ: Mapping[str, str], what: str) -> tuple[str, str]:
    """Return the variable that says something of this, and what it says."""
    for prefix in _PREFIXES:
        text = environ.get(prefix + what, "").strip()
        if text:
            return prefix + what, text
    return _PREFIXES[-1] + what, ""


def pairs_of(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield each part of `name=value,name=value` as it is written, its name, and its value without percent-encoding.

    The name of a part that is no pair is empty.
    """
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, value = part.partition("=")
        yield part, name.strip() if equals else "", unquote(value.strip())


def _headers(name: str, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, header, value in pairs_of(text):  # what is refused is not repeated: it may be a key
        if not header:
            raise InvalidInput(name, "a part has no value", "write name=value,name=value, values percent-encoded")
        if not _HEADER.fullmatch(header) or not _HEADER_VALUE.fullmatch(value):
            raise InvalidInput(
                name, "a part is no header", "take letters, digits and signs of ASCII, and no line break"
            )
        found[header] = value
    return found


def _compression(name: str, text: str) -> str:
    if text not in _COMPRESSIONS:
        raise InvalidInput(name, f"{text!r} is not known", "gzip, or none")
    return GZIP if text == GZIP else ""


def _file(name: str, text: str) -> str:
    if text and not Path(text).is_file():
        raise InvalidInput(name, f"{text} is no file", "name one in PEM form")
    return text


def _milliseconds(environ: Mapping[str, str], name: str, usual: timedelta) -> timedelta:
    return timedelta(milliseconds=_number(environ, name, round(usual / timedelta(milliseconds=1))))


def _number(environ: Mapping[str, str], name: str, usual: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return usual
    if not _NUMBER.fullmatch(text) or not 0 < int(text) <= _LARGEST:
        problem = f"{text!r} is no whole number from 1 to {_LARGEST}"
        raise InvalidInput(name, problem, f"give one, or leave it out for {usual}")
    return int(text)
