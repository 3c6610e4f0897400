"""What cannot hold: values out of bounds, and settings that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plimsoll.instrument.requests.lines import LEVELS
from plimsoll.instrument.traces.tracing import SAMPLERS

if TYPE_CHECKING:
    from natalis.runtime.settings import Settings

_SCHEMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "database_url": ("sqlite", "postgresql", "postgres"),
        "database_replica_url": ("postgresql", "postgres"),
        "queue_url": ("amqp", "amqps"),
        "redis_url": ("redis", "rediss"),
    }
)
_BETWEEN_ADDRESSES = re.compile(r"\s*,\s*(?=\w+://)")
_HIGHEST_PORT = 65535  # of TCP
_WEB_ADDRESSES = ("provider_url", "public_url", "otel_exporter_otlp_endpoint")
_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "on_unknown": ("retry", "hold"),
        "log_format": ("auto", "json", "text"),
        "log_requests": ("auto", *filter(None, LEVELS)),
        "log_level": ("debug", "info", "warning", "error"),
        "otel_exporter_otlp_protocol": ("http/protobuf", "grpc"),
        "otel_traces_sampler": SAMPLERS,
    }
)
_POSITIVE = (lambda span: span > timedelta(0), "must be longer than nothing")
_AT_LEAST_ONE = (lambda number: number >= 1, "must be 1 or more")
_NEVER_OR_A_YEAR = (
    lambda span: not span or span >= timedelta(days=366),
    "must be 366d or more, for it must be known who had a message this year; or 0s, to keep them for ever",
)
_A_PORT = (lambda port: port <= _HIGHEST_PORT, f"must be at most {_HIGHEST_PORT}")
_BOUNDS: Mapping[str, tuple[Callable[[Any], bool], str]] = MappingProxyType(
    {
        "provider_timeout": _POSITIVE,
        "worker_lease": _POSITIVE,
        "retry_base": _POSITIVE,
        "retry_cap": _POSITIVE,
        "horizon": _POSITIVE,
        "lost_after": _POSITIVE,
        "worker_concurrency": _AT_LEAST_ONE,
        "max_attempts": _AT_LEAST_ONE,
        "keep_deliveries": _NEVER_OR_A_YEAR,
        "port": _A_PORT,
        "metrics_port": _A_PORT,
    }
)


def contradictions(settings: Settings, variable_of: Callable[[str], str]) -> Iterator[str]:
    """Yield what cannot hold, one sentence each with its remedy; `variable_of` names a setting's variable."""
    yield from _about_the_fleet(settings)
    for name, words in _WORDS.items():
        if getattr(settings, name) not in words:
            yield f"{variable_of(name)}: {getattr(settings, name)!r} is not known; write {' or '.join(words)}"
    for name in _WEB_ADDRESSES:
        url = getattr(settings, name)
        if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            yield f"{variable_of(name)}: {url!r} is not a web address; write one such as https://mail.example.org"
    for name, (holds, remedy) in _BOUNDS.items():
        if not holds(getattr(settings, name)):
            yield f"{variable_of(name)}: {remedy}"


def _about_the_fleet(settings: Settings) -> Iterator[str]:
    for name, schemes in _SCHEMES.items():
        scheme, _, rest = (getattr(settings, name) or f"{schemes[0]}:x").partition(":")
        if scheme not in schemes or not rest.strip("/"):
            forms = " or ".join("sqlite:PATH" if each == "sqlite" else f"{each}://…" for each in schemes[:2])
            yield f"{name.upper()}: this is not an address of its kind; write {forms}"
        elif scheme != "sqlite" and (fault := _fault_of(getattr(settings, name) or "")):
            yield f"{name.upper()}: {fault}"
    if settings.is_fleet:
        return
    for name in ("database_replica_url", "queue_url"):
        if getattr(settings, name) is not None:
            yield f"{name.upper()}: goes with a PostgreSQL database; set DATABASE_URL to postgresql://…, or unset this"
    if settings.keep_deliveries:
        yield "NATALIS_KEEP_DELIVERIES: a SQLite file keeps them; set DATABASE_URL to postgresql://…, or unset this"


def _fault_of(addresses: str) -> str:
    """Return what is wrong with the addresses of servers, and what to do; nothing of them, for it may be a password."""
    for address in _BETWEEN_ADDRESSES.split(addresses):
        try:
            parts = urlsplit(address)
            user, _, hosts = parts.netloc.rpartition("@")
            for host in hosts.split(","):
                _ = urlsplit(f"x://{host.strip()}").port
        except ValueError:
            return "its host or its port cannot be read; mend them, and write / ? # @ in a password as %2F %3F %23 %40"
        if parts.fragment or "@" in user or (not user and "@" in f"{parts.path}{parts.query}"):
            return "its password cannot be told from its host; write / ? # @ in a password as %2F %3F %23 %40"
    return ""
