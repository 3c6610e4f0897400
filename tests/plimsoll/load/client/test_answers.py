"""An answer is read the same in whatever packets it comes, and ends where HTTP says it ends."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from itertools import pairwise

import brotli  # type: ignore[import-untyped]  # it says no types
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.load.client import encodings
from plimsoll.load.client.answers import HEAD_LIMIT, AnswerReader
from plimsoll.load.client.encodings import unpacked
from plimsoll.load.client.failures import Failed, Failure

KEEP = 1_000


@dataclass(frozen=True)
class Seen:
    status: int
    head: bytes
    body: bytes
    size: int
    keep_alive: bool
    failure: Failure | None = None


def read(*packets: bytes, method: str = "GET", keep: int = KEEP, closed: bool = False) -> Seen:
    reader = AnswerReader(keep)
    reader.begin(is_bodiless=method == "HEAD")
    failure = None
    try:
        for packet in packets:
            reader.feed(packet)
            if reader.is_whole:
                break
        if closed and not reader.is_whole:
            reader.end()
    except Failed as error:
        failure = error.failure
    if not reader.is_whole:
        reader.give_up()
    return Seen(reader.status, bytes(reader.head), bytes(reader.body), reader.size, reader.keep_alive, failure)


def answer(body: bytes = b"", *headers: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    lines = [f"HTTP/{version} {status}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailer + b"\r\n"


LONG = answer(b"hello", "Content-Length: 5", "Set-Cookie: a=b", "Set-Cookie: c=d")
CHUNKED = answer(chunked(b"hello", b" ", b"world"), "Transfer-Encoding: chunked")
TO_THE_END = answer(b"until it is closed", "Content-Type: text/plain")
INTERIM = answer(status="100 Continue") + answer(b"", "Link: </a>", status="103 Early Hints")
ANSWERS = {
    "of a length": (LONG, False),
    "empty": (answer(b"", "Content-Length: 0"), False),
    "chunked": (CHUNKED, False),
    "chunked with a trailer": (answer(chunked(b"x", trailer=b"X-Sum: 1\r\n"), "Transfer-Encoding: chunked"), False),
    "to the end of the connection": (TO_THE_END, True),
    "after interim answers": (INTERIM + LONG, False),
    "no content": (answer(b"", status="204 No Content"), False),
    "not modified": (answer(b"", "Content-Length: 99", status="304 Not Modified"), False),
    "of HTTP/1.0": (answer(b"old", "Content-Length: 3", version="1.0"), False),
    "too long to keep": (answer(b"x" * 3_000, "Content-Length: 3000"), False),
    "cut short": (answer(b"hel", "Content-Length: 5"), True),
    "cut in the headers": (LONG[:30], True),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", True),
    "two lengths": (answer(b"hello", "Content-Length: 5", "Content-Length: 6"), True),
    "folded headers": (answer(b"a", "X-Long: a", "Content-Length: 1"), False),
}


@pytest.mark.parametrize("name", ANSWERS)
@given(cuts=st.sets(st.integers(0, 250)))
def test_any_split_into_packets_gives_the_same_exchange(name: str, cuts: set[int]) -> None:
    whole, closed = ANSWERS[name]
    edges = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    packets = [whole[start:end] for start, end in pairwise(edges) if start < end]
    assert read(*packets, closed=closed) == read(whole, closed=closed)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_byte_at_a_time_gives_the_same_exchange(name: str) -> None:
    whole, closed = ANSWERS[name]
    assert read(*(bytes([byte]) for byte in whole), closed=closed) == read(whole, closed=closed)


@given(noise=st.binary(max_size=300), cuts=st.sets(st.integers(0, 300)))
def test_noise_is_an_answer_or_a_failure_and_never_an_error_of_ours(noise: bytes, cuts: set[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(noise)), len(noise)]
    packets = [noise[start:end] for start, end in pairwise(edges) if start < end]
    seen = read(*packets, closed=True)
    assert seen.failure is not None or seen.status > 0


def test_an_answer_of_a_length_ends_there() -> None:
    assert read(LONG) == Seen(200, LONG.partition(b"\r\n\r\n")[0], b"hello", 5, True)


def test_chunks_are_joined() -> None:
    assert read(CHUNKED).body == b"hello world"


def test_a_body_without_a_length_ends_with_the_connection_which_is_not_used_again() -> None:
    seen = read(TO_THE_END, closed=True)
    assert (seen.body, seen.keep_alive, seen.failure) == (b"until it is closed", False, None)


@pytest.mark.parametrize("headers", [("Content-Length: 5",), ("Transfer-Encoding: chunked",), ()])
def test_an_answer_to_head_has_no_body_and_the_connection_stays(headers: tuple[str, ...]) -> None:
    seen = read(answer(b"", *headers), method="HEAD")
    assert (seen.status, seen.body, seen.keep_alive) == (200, b"", True)


def test_a_reader_serves_a_get_after_a_head() -> None:
    reader = AnswerReader(KEEP)
    reader.begin(is_bodiless=True)
    assert reader.feed(answer(b"", "Content-Length: 5"))
    reader.begin(is_bodiless=False)
    assert reader.feed(LONG)
    assert reader.body == b"hello"


def test_a_body_after_an_answer_to_head_ends_the_use_of_the_connection() -> None:
    seen = read(LONG, method="HEAD")
    assert (seen.status, seen.body, seen.keep_alive) == (200, b"", False)


@pytest.mark.parametrize("extra", [LONG, b"H", b"noise", b"\x00"])
def test_what_follows_a_whole_answer_is_no_part_of_it_and_ends_the_use_of_the_connection(extra: bytes) -> None:
    seen = read(LONG + extra)
    assert (seen.status, seen.body, seen.size, seen.keep_alive) == (200, b"hello", 5, False)


def test_connection_close_ends_the_use_of_the_connection() -> None:
    assert not read(answer(b"a", "Content-Length: 1", "Connection: close")).keep_alive
    assert not read(answer(b"", "Content-Length: 1", "Connection: close"), method="HEAD").keep_alive


def test_a_switch_of_protocols_is_an_answer_that_ends_the_use_of_the_connection() -> None:
    seen = read(answer(b"", "Upgrade: x", "Connection: Upgrade", status="101 Switching Protocols") + b"\x81\x05hello")
    assert (seen.status, seen.keep_alive) == (101, False)


def test_a_longer_body_than_is_kept_is_counted() -> None:
    seen = read(*[answer(b"", "Transfer-Encoding: chunked")], *[chunked(b"x" * 600)[:-5]] * 3, b"0\r\n\r\n")
    assert (seen.size, seen.body) == (1_800, b"")


def test_bodies_that_are_discarded_are_counted() -> None:
    assert read(LONG, keep=0) == Seen(200, LONG.partition(b"\r\n\r\n")[0], b"", 5, True)


def test_headers_without_end_are_given_up() -> None:
    line = b"X-More: " + b"x" * 1_000 + b"\r\n"
    seen = read(b"HTTP/1.1 200 OK\r\n", *[line] * (HEAD_LIMIT // len(line) + 2))
    assert (seen.failure, seen.head) == (Failure.HEADERS_TOO_LARGE, b"")


def packed(plain: bytes, name: str) -> bytes:
    match name:
        case "br":
            return bytes(brotli.compress(plain))
        case "zstd":
            return zstandard.ZstdCompressor().compress(plain)
        case _:
            packing = zlib.compressobj(wbits={"gzip": 31, "deflate": 15, "raw deflate": -15}[name])
            return packing.compress(plain) + packing.flush()


@pytest.mark.parametrize("name", ["gzip", "deflate", "raw deflate", "br", "zstd"])
@given(plain=st.binary(max_size=400))
def test_what_was_packed_is_unpacked(name: str, plain: bytes) -> None:
    assert unpacked(packed(plain, name), name.removeprefix("raw "), KEEP) == plain


def test_several_packings_are_unpacked_the_last_first() -> None:
    gzipped = zlib.compress(zlib.compress(b"twice"), wbits=31)
    assert unpacked(gzipped, "deflate, gzip", KEEP) == b"twice"


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_several_members_or_frames_are_one_body(name: str) -> None:
    assert unpacked(packed(b"a" * 99, name) + packed(b"b", name), name, KEEP) == b"a" * 99 + b"b"


def test_an_unknown_packing_is_left_as_it_is() -> None:
    assert unpacked(b"packed", "compress", KEEP) == b"packed"


@pytest.mark.parametrize("name", ["br", "zstd"])
def test_what_unpacks_it_is_named_where_it_is_not_installed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "brotli", None)
    monkeypatch.setattr(encodings, "zstandard", None)
    with pytest.raises(Failed, match=rf"packed with {name}.*plimsoll\[encodings\]") as refused:
        unpacked(packed(b"a", name), name, KEEP)
    assert refused.value.failure is Failure.BAD_ENCODING


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_what_unpacks_to_more_than_is_kept_is_refused_before_it_is_there(name: str) -> None:
    bomb = packed(b"\0" * 50_000_000, name)
    with pytest.raises(Failed) as refused:
        unpacked(bomb, name, KEEP)
    assert refused.value.failure is Failure.BODY_TOO_LARGE


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("is_cut", [False, True])
def test_a_body_that_is_not_packed_as_it_says_is_refused(name: str, *, is_cut: bool) -> None:
    body = packed(random.Random(1).randbytes(99), name)[:-9] if is_cut else b"not packed"
    with pytest.raises(Failed) as refused:
        unpacked(body, name, KEEP)
    assert refused.value.failure is Failure.BAD_ENCODING
