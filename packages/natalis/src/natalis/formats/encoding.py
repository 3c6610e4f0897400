"""In which encoding a file is written: said by its first bytes, told by the caller, or found out from a sample."""

from __future__ import annotations

import codecs
import difflib
import re
from itertools import chain
from typing import BinaryIO, NamedTuple

import charset_normalizer

from natalis.errors import InvalidInput

SAMPLE = 64 * 1024  # bytes
_CHUNK = 1024 * 1024  # bytes
_UNICODE = ("utf-8", "utf-16-le", "utf-16-be", "utf-16")
_OTHERS = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "latin_1", "iso8859_2"),
    *("iso8859_5", "iso8859_7", "iso8859_9", "iso8859_15", "mac_roman", "cp437", "cp850", "cp866", "koi8_r", "koi8_u"),
    *("shift_jis", "cp932", "euc_jp", "gb18030", "gbk", "big5", "euc_kr", "cp949", "tis_620"),
)
"""Encodings in which a byte 0x0A is always the end of a line: that is what lets an import resume at a byte."""
_GUESSED = (
    *("cp1252", "cp1250", "cp1254", "cp1251", "koi8_r", "cp1253", "cp932", "euc_jp", "gb18030", "big5", "cp949"),
    *("cp1255", "cp1256", "cp1257", "cp866", "iso8859_2", "iso8859_5", "iso8859_7", "iso8859_9"),
)
"""Those guessed at, the commonest first: short names fit several, and then the commonest is the likeliest."""
_AS_GOOD = 0.01  # of charset-normalizer's "chaos": what it cannot tell apart
_WORDS = re.compile(rb'[^,;\t\r\n"]*[\x80-\xff][^,;\t\r\n"]*')
_FOREIGN = {
    b"PK\x03\x04": "is an Excel workbook or another zip archive; save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook; save the sheet as CSV UTF-8",
    b"\x1f\x8b": "is compressed; unpack it first",
    codecs.BOM_UTF32_LE: "is UTF-32; save it as UTF-8",
    codecs.BOM_UTF32_BE: "is UTF-32; save it as UTF-8",
}
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Encoding(NamedTuple):
    """An encoding's name as Python knows it, and the length of the byte order mark that the text begins after."""

    name: str
    mark: int


def encoding_of(file: BinaryIO, told: str | None) -> Encoding:
    """Say how `file` is encoded.

    Args:
        file: Seekable; left at any place.
        told: What the caller says it is; None to find out.

    Raises:
        InvalidInput: It is not text, the encoding told is unknown, or none fits what is in it.
    """
    file.seek(0)
    head = file.read(SAMPLE)
    for magic, remedy in _FOREIGN.items():
        if head.startswith(magic):
            raise InvalidInput("file", "is not a text file", f"this {remedy}")
    marked = next((Encoding(name, len(mark)) for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if told is not None:
        return _told(told, marked)
    return marked or Encoding(_wide(head) or _narrow(_telling(file, head)), 0)


def _told(name: str, marked: Encoding | None) -> Encoding:
    known = {_canonical(other): other for other in (*_UNICODE, *_OTHERS)}
    try:
        found = known[_canonical(name)]
    except (LookupError, ValueError):
        nearest = difflib.get_close_matches(name.casefold(), (*_UNICODE, *_OTHERS), n=3) or _OTHERS[:1]
        remedy = f"use utf-8 or {' or '.join(nearest)}"
        raise InvalidInput("encoding", f"{name[:40]!r} is not an encoding that can be read", remedy) from None
    if marked is not None and found in {marked.name, "utf-16"}:
        return marked
    return Encoding("utf-16-le" if found == "utf-16" else found, 0)


def _canonical(name: str) -> str:
    return codecs.lookup(name).name


def _wide(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark: Latin text has a zero in every other byte, and other text files have none."""
    if b"\x00" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) * 10 > max(even, odd) or max(even, odd) * 10 < len(head):
        raise InvalidInput("file", "holds zero bytes", "give a text file, or its encoding with --encoding")
    return "utf-16-be" if even > odd else "utf-16-le"


def _telling(file: BinaryIO, head: bytes) -> bytes:
    """Return the first stretch that is not plain ASCII: only that can tell encodings apart."""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        if not chunk.isascii():
            first = next(place for place, byte in enumerate(chunk) if byte > 0x7F)  # noqa: PLR2004 - the last ASCII one
            begin = chunk.rfind(b"\n", 0, first) + 1
            stretch = chunk[begin : begin + SAMPLE]
            whole, newline, _ = stretch.rpartition(b"\n")
            return whole or stretch if newline else stretch
    return head


def _narrow(sample: bytes) -> str:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        words = b"\n".join(_WORDS.findall(sample))  # dates and addresses would only drown what tells
        found = charset_normalizer.from_bytes(words, cp_isolation=list(_GUESSED), threshold=0.5)
        likely = [match for match in found if _spells_words(words, match.encoding)] or list(found)
        if not likely:
            raise InvalidInput("file", "is in no encoding that can be found out", "say it with --encoding") from None
        least = min(match.chaos for match in likely) + _AS_GOOD
        # encodings that read the sample alike come as one match; further on in the file they may differ
        alike = chain.from_iterable(match.could_be_from_charset for match in likely if match.chaos <= least)
        return min((name for name in alike if name in _GUESSED), key=_GUESSED.index)
    return "utf-8"


def _spells_words(words: bytes, encoding: str) -> bool:
    """Whether nearly everything beyond ASCII is a letter: names are not written in pound signs and fractions."""
    signs = [sign for sign in str(words, encoding, "replace") if not sign.isascii()]
    return sum(sign.isalpha() for sign in signs) * 20 >= len(signs) * 19
