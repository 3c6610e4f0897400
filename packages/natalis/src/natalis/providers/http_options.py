"""How to call the HTTP e-mail service: one frozen value, checked when it is made."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from natalis.errors import InvalidInput
from natalis.providers.call_template import DEFAULT_CALL

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # RFC 9110 section 5.6.2
_HEADER_TEXT = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_URL = re.compile(r"[\x21-\x7e]+")
_FRAMING = frozenset(
    {"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "expect", "te", "trailer"}
)
_NEAR = (".localhost", ".local", ".internal", ".svc")


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How to call the HTTP e-mail service.

    Plain HTTP is for a service on this machine or a private network (a private address, or a name without a dot such as
    a container's); any other must be HTTPS unless `allow_plain_http` says otherwise, because the calls carry names and
    addresses of people.

    Attributes:
        url: Where the service is, for example `https://mail.example.org`; the path of the call is appended.
        path: The path of the call.
        method: Its HTTP method.
        headers: Its headers, for example `Authorization`.
        body: Its JSON body with placeholders, see `call_template.py`.
        key_header: The header that carries the idempotency key.
        recognises_repeats: Whether the service delivers a repeated key once only.
        connections: Calls under way at once, each on a connection of its own that is kept open.
        connect_timeout: How long making a connection may take, name lookup and TLS included.
        timeout: How long a call may take in all.
        keep_alive: How long an idle connection is kept; keep it below the service's own limit, so that no call goes
            out on a connection that is just being closed.
        allow_plain_http: Whether to call a public address without TLS.
    """

    url: str
    path: str = "/send-email"
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: str = DEFAULT_CALL
    key_header: str = "Idempotency-Key"
    recognises_repeats: bool = True
    connections: int = 100
    connect_timeout: timedelta = timedelta(seconds=3)
    timeout: timedelta = timedelta(seconds=10)
    keep_alive: timedelta = timedelta(seconds=15)
    allow_plain_http: bool = False

    def __post_init__(self) -> None:
        _check_url(self.url, allow_plain_http=self.allow_plain_http)
        if not self.path.startswith("/") or _URL.fullmatch(self.path) is None or "#" in self.path:
            raise InvalidInput("PROVIDER_PATH", f"{self.path!r} is not a path", "write one such as /send-email")
        if _TOKEN.fullmatch(self.method) is None:
            raise InvalidInput("PROVIDER_METHOD", f"{self.method!r} is not a method", "write one such as POST")
        for name, value in {self.key_header: "", **self.headers}.items():
            _check_header(name, value)
        if self.connections < 1:
            raise InvalidInput("PROVIDER_CONNECTIONS", "is less than one", "allow one connection or more")
        if min(self.connect_timeout, self.timeout) <= timedelta(0):
            raise InvalidInput("PROVIDER_TIMEOUT", "is not longer than nothing", "write a span such as 10s")

    @property
    def target(self) -> str:
        """The whole URL of the call."""
        return self.url.rstrip("/") + self.path


def _check_url(url: str, *, allow_plain_http: bool) -> None:
    remedy = "write one such as https://mail.example.org"
    try:
        parts = urlsplit(url)
        sound = _URL.fullmatch(url) is not None and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        raise InvalidInput("PROVIDER_URL", f"{url[:80]!r} is not a web address", remedy) from None
    if not sound or parts.scheme not in {"http", "https"}:
        raise InvalidInput("PROVIDER_URL", f"{url[:80]!r} is not an http or https address", remedy)
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("PROVIDER_URL", "holds a user name or password", "send them in an Authorization header")
    if parts.query or parts.fragment:
        raise InvalidInput("PROVIDER_URL", "holds a query or fragment", "leave it out; a query belongs to the path")
    if parts.scheme == "http" and not allow_plain_http and not _is_near(parts):
        problem = f"calls {parts.hostname} without TLS, and would carry names and addresses of people in the open"
        raise InvalidInput("PROVIDER_URL", problem, "use https, or allow plain HTTP in so many words")


def _is_near(parts: SplitResult) -> bool:
    """Whether a host is this machine or stands on a private network, by its name or address alone."""
    host = parts.hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_NEAR)
    return address.is_private or address.is_loopback


def _check_header(name: str, value: str) -> None:
    if _TOKEN.fullmatch(name) is None:
        raise InvalidInput("PROVIDER_HEADERS", f"{name!r} is not the name of a header", "write one such as X-Api-Key")
    if name.lower() in _FRAMING:
        raise InvalidInput(
            "PROVIDER_HEADERS", f"{name} says where a call ends, which is not to be chosen", "leave it out"
        )
    if _HEADER_TEXT.fullmatch(value) is None:
        raise InvalidInput("PROVIDER_HEADERS", f"the value of {name} holds a line break", "write it as one line")
