"""Bodies that came packed: gzip and deflate, unpacked up to a limit. Pure."""

from __future__ import annotations

import zlib
from typing import Final

from plimsoll.load.client.failures import Failed, Failure

_GZIP: Final = 16 + zlib.MAX_WBITS
_RAW: Final = -zlib.MAX_WBITS
_ZLIB_METHOD: Final = 8


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body as it was before it was packed.

    Args:
        body: As it came.
        encoding: The `Content-Encoding` header; what is not gzip or deflate is left as it is.
        limit: The most bytes to unpack.

    Raises:
        Failed: It is not packed so, or it is longer than the limit.
    """
    for name in reversed([name.strip().lower() for name in encoding.split(",")]):
        if name in {"gzip", "x-gzip"}:
            body = _members(body, limit)
        elif name == "deflate":
            body = _inflated(body, zlib.MAX_WBITS if _is_zlib(body) else _RAW, limit)[0]
        elif name not in {"", "identity"}:
            return body
    return body


def _members(body: bytes, limit: int) -> bytes:
    """Return what gzip packed: one member or several (RFC 1952, section 2.2)."""
    whole = b""
    while body:
        piece, body = _inflated(body, _GZIP, limit - len(whole))
        whole += piece
    return whole


def _inflated(packed: bytes, bits: int, limit: int) -> tuple[bytes, bytes]:
    """Return what a stream holds, and what follows it."""
    stream = zlib.decompressobj(bits)
    try:
        plain = stream.decompress(packed, limit + 1)
    except zlib.error as error:
        raise Failed(Failure.BAD_ENCODING, f"the body is not packed as it says: {error}") from error
    if len(plain) > limit:
        raise Failed(Failure.BODY_TOO_LARGE, f"the body unpacks to more than {limit} bytes")
    if not stream.eof:
        raise Failed(Failure.BAD_ENCODING, "the body is cut short before its end")
    return plain, stream.unused_data


def _is_zlib(body: bytes) -> bool:
    """Say whether a zlib header is there (RFC 1950); some servers send the bare stream."""
    return len(body) > 1 and body[0] & 15 == _ZLIB_METHOD and (body[0] << 8 | body[1]) % 31 == 0
