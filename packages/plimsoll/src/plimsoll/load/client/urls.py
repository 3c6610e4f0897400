"""Where a request goes: an address taken apart. Pure."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

import msgspec

from plimsoll.load.client.failures import Failed, Failure

_PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = "!#$%&'()*+,/:;=?@[]~"  # what stays as it is in a path or query (RFC 3986), and what is escaped already
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Place(msgspec.Struct, frozen=True):
    """An address, taken apart.

    Attributes:
        url: The address without credentials and fragment.
        origin: Scheme, host and port; what connections belong to.
        secure: Whether it is https.
        host: The name to look up, in ASCII, in lower case.
        port: Which port.
        host_header: As the `Host` header says it.
        path: The path without the query, at least `/`; what cookies belong to.
        target: Path and query, as the request line says them.
        authorization: The value of the header that the credentials ask for; empty for none.
    """

    url: str
    origin: str
    secure: bool
    host: str
    port: int
    host_header: str
    path: str
    target: str
    authorization: str = ""


def place_of(url: str) -> Place:
    """Take an address apart.

    Raises:
        Failed: It is none.
    """
    try:
        return _place(_split(url))
    except (ValueError, UnicodeError) as error:
        raise Failed(Failure.BAD_REQUEST, f"{url[:200]!r} is no address of HTTP: {error}") from error


def _split(url: str) -> SplitResult:
    if _CONTROL.search(url):
        raise ValueError("it holds control characters")
    split = urlsplit(url.strip())
    if split.scheme not in _PORTS:
        raise ValueError("it does not start with http:// or https://")
    if not split.hostname:
        raise ValueError("it names no host")
    return split


def _place(split: SplitResult) -> Place:
    host = _ascii(split.hostname or "")
    port = _PORTS[split.scheme] if split.port is None else split.port
    shown = f"[{host}]" if ":" in host else host
    header = shown if port == _PORTS[split.scheme] else f"{shown}:{port}"
    path = quote(split.path, safe=_SAFE) or "/"
    target = f"{path}?{quote(split.query, safe=_SAFE)}" if split.query else path
    return Place(
        url=f"{split.scheme}://{header}{target}",
        origin=f"{split.scheme}://{shown}:{port}",
        secure=split.scheme == "https",
        host=host,
        port=port,
        host_header=header,
        path=path,
        target=target,
        authorization=_authorization(split),
    )


def _ascii(host: str) -> str:
    if host.isascii():
        if re.search(r"[^a-z0-9._:%\-]", host):
            raise ValueError("its host holds what no host may")
        return host
    return host.encode("idna").decode("ascii")


def _authorization(split: SplitResult) -> str:
    if split.username is None:
        return ""
    pair = f"{unquote(split.username)}:{unquote(split.password or '')}"
    return f"Basic {b64encode(pair.encode()).decode('ascii')}"
