"""The bytes of a call: everything but key and body is put together once."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from natalis.providers.http1.dialing import Place
from natalis.providers.http_options import HttpOptions

# Compressed answers are not asked for and not unpacked, so none can unpack to more than the limit.
_OURS = MappingProxyType(
    {"Accept": "*/*", "Accept-Encoding": "identity", "Content-Type": "application/json", "User-Agent": "natalis"}
)


def compile_request(options: HttpOptions, place: Place) -> Callable[[str, bytes, str], bytes]:
    """Return the function that makes the bytes of a call from its idempotency key, its body and its trace, if any."""
    headers = {name.lower(): (name, value) for name, value in {"Host": place.authority, **_OURS}.items()}
    headers |= {name.lower(): (name, value) for name, value in options.headers.items()}
    headers.pop(options.key_header.lower(), None)
    lines = [f"{options.method} {place.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.values())]
    before = "\r\n".join([*lines, f"{options.key_header}: "]).encode()

    def request(key: str, body: bytes, traceparent: str) -> bytes:
        if traceparent:
            key = f"{key}\r\ntraceparent: {traceparent}"
        return b"%b%b\r\nContent-Length: %d\r\n\r\n%b" % (before, key.encode(), len(body), body)

    return request
