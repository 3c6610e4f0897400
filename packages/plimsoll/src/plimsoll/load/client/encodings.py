"""Bodies that came packed: gzip, deflate, br and zstd, unpacked up to a limit. Pure."""

from __future__ import annotations

import zlib
from typing import Final

from plimsoll.load.client.failures import Failed, Failure

try:
    import brotli  # type: ignore[import-untyped]  # it says no types
    import zstandard
except ImportError:  # without the extra `encodings`
    brotli = zstandard = None  # type: ignore[assignment]  # asked before they are used

_GZIP: Final = 16 + zlib.MAX_WBITS
_RAW: Final = -zlib.MAX_WBITS
_ZLIB_METHOD: Final = 8
_WINDOW: Final = 1 << 27  # bytes that a decoder of zstd may hold back (RFC 8878, section 3.1.1.1.2: 8 MB is usual)
_PIECE: Final = 1 << 18


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body as it was before it was packed.

    Args:
        body: As it came.
        encoding: The `Content-Encoding` header; what is none of the four is left as it is.
        limit: The most bytes to unpack.

    Raises:
        Failed: It is not packed so, it is longer than the limit, or what unpacks it is not installed.
    """
    for name in reversed([name.strip().lower() for name in encoding.split(",")]):
        if name in {"gzip", "x-gzip"}:
            body = _members(body, limit)
        elif name == "deflate":
            body = _inflated(body, zlib.MAX_WBITS if _is_zlib(body) else _RAW, limit)[0]
        elif name == "br":
            body = _br(body, limit)
        elif name == "zstd":
            body = _zstd(body, limit)
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
        raise _unlike(error) from error
    return _whole(plain, limit, is_whole=stream.eof), stream.unused_data


def _br(packed: bytes, limit: int) -> bytes:
    if brotli is None:
        raise _missing("br")
    stream = brotli.Decompressor()
    try:
        plain = stream.process(packed, output_buffer_limit=limit + 1)
        while len(plain) <= limit and not stream.is_finished() and not stream.can_accept_more_data():
            plain += stream.process(b"", output_buffer_limit=limit + 1 - len(plain))
    except brotli.error as error:
        raise _unlike(error) from error
    return _whole(plain, limit, is_whole=stream.is_finished())


def _zstd(packed: bytes, limit: int) -> bytes:
    """Return what zstd packed: one frame or several (RFC 8878, section 3.1)."""
    if zstandard is None:
        raise _missing("zstd")
    maker, plain = zstandard.ZstdDecompressor(max_window_size=_WINDOW), b""
    try:
        with maker.stream_reader(packed, read_across_frames=True) as reader:
            while len(plain) <= limit and (piece := reader.read(min(_PIECE, limit + 1 - len(plain)))):
                plain += piece
        is_whole = len(plain) > limit or _ends_whole(maker, packed)
    except zstandard.ZstdError as error:
        raise _unlike(error) from error
    return _whole(plain, limit, is_whole=is_whole)


def _ends_whole(maker: zstandard.ZstdDecompressor, packed: bytes) -> bool:
    """Say whether the last frame is there to its end, which the reader does not; what it holds is not too large."""
    while packed:
        frame = maker.decompressobj()
        frame.decompress(packed)
        if not frame.eof:
            return False
        packed = frame.unused_data
    return True


def _whole(plain: bytes, limit: int, *, is_whole: bool) -> bytes:
    if len(plain) > limit:
        raise Failed(Failure.BODY_TOO_LARGE, f"the body unpacks to more than {limit} bytes")
    if not is_whole:
        raise Failed(Failure.BAD_ENCODING, "the body is cut short before its end")
    return plain


def _unlike(error: Exception) -> Failed:
    return Failed(Failure.BAD_ENCODING, f"the body is not packed as it says: {error}")


def _missing(encoding: str) -> Failed:
    return Failed(
        Failure.BAD_ENCODING,
        f"the body is packed with {encoding}, and what unpacks it is not installed: pip install 'plimsoll[encodings]', "
        "or ask for another with the header Accept-Encoding",
    )


def _is_zlib(body: bytes) -> bool:
    """Say whether a zlib header is there (RFC 1950); some servers send the bare stream."""
    return len(body) > 1 and body[0] & 15 == _ZLIB_METHOD and (body[0] << 8 | body[1]) % 31 == 0
