"""In which encoding a file may be written."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from natalis.errors import InvalidInput
from natalis.formats.lines import ROW_LIMIT
from natalis.formats.reading import Reading
from natalis.ports.people_file import START, BadRow, PeopleFile, Row

Read: TypeAlias = Callable[..., list[Any]]
Open: TypeAlias = Callable[..., PeopleFile]


HEADER = "first,last,email,dob,tz\n"


def rows(*names: str) -> str:
    return HEADER + "".join(
        f"{name},{name},p{n}@example.org,1985-12-10,Europe/London\n" for n, name in enumerate(names)
    )


def names_in(entries: list[Any]) -> list[str]:
    return [entry.given.first_name for entry in entries]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_unicode_is_recognised_with_and_without_its_mark(encoding: str, mark: bytes, read: Read) -> None:
    names = ["Zoë", "Ċikku", "Ωmega", "ਊ", "Ăā"]  # U+010A and U+0A0A hold a newline's byte in UTF-16
    assert names_in(read(mark + rows(*names).encode(encoding))) == names


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", ["Jürgen", "Zoë", "François", "Søren", "Günther"]),
        ("cp1250", ["Łukasz", "Małgorzata", "Paweł", "Żaneta"]),
        ("koi8_r", ["Владимир", "Наталья", "Екатерина"]),
        ("euc_jp", ["さくら", "ひろし", "太郎"]),
        ("big5", ["王小明", "陳美麗", "林志玲"]),
        ("cp1251", ["Владимир", "Наталья", "Екатерина", "Александр"]),
        ("shift_jis", ["さくら", "ひろし", "太郎", "花子", "ゆうき"]),
        ("gb18030", ["王小明", "李娜", "张伟", "刘洋", "陈静"]),
        ("euc_kr", ["김철수", "이영희", "박지성", "최민호"]),
    ],
)
def test_older_encodings_are_found_out_from_a_sample(encoding: str, names: list[str], read: Read) -> None:
    assert names_in(read(rows(*names * 5).encode(encoding))) == names * 5


def test_the_sample_is_taken_where_the_text_is_not_ascii(read: Read) -> None:
    plain = ["Ada"] * 40_000
    assert names_in(read(rows(*plain, "Jürgen", "Zoë").encode("cp1252")))[-2:] == ["Jürgen", "Zoë"]


def test_of_encodings_that_read_the_sample_alike_the_commonest_is_taken_for_the_rest(read: Read) -> None:
    alike = ["Jürgen", "Zoë", "Müller", "Groß"] * 2_000  # the same bytes in cp1250, where ñ would become ń
    assert names_in(read(rows(*alike, "Nuñez").encode("cp1252")))[-1] == "Nuñez"


def test_an_encoding_that_is_said_is_taken(read: Read) -> None:
    content = rows("Łucja").encode("cp1250")
    assert names_in(read(content, reading=Reading(encoding="windows-1250"))) == ["Łucja"]


@pytest.mark.parametrize("encoding", ["klingon", "utf-7", "base64", "idna", "\x00"])
def test_an_encoding_that_cannot_be_read_line_by_line_is_refused(encoding: str, read: Read) -> None:
    with pytest.raises(InvalidInput, match="is not an encoding that can be read"):
        read(rows("Ada"), reading=Reading(encoding=encoding))


def test_bytes_that_do_not_belong_make_their_own_row_bad_and_name_the_line(read: Read) -> None:
    content = rows("Zoë").encode() + rows("Zoë").encode("cp1252").splitlines()[1] + b"\n" + rows("Ada").encode()[24:]
    first, second, third = read(content, reading=Reading(encoding="utf-8"))
    assert isinstance(second, BadRow)
    assert second.line == 3
    assert "byte 3 of line 3 (0xeb) is not utf-8" in second.reason
    assert names_in([first, third]) == ["Zoë", "Ada"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_line_that_is_too_long_ends_where_it_ends_in_utf_16_too(encoding: str, read: Read) -> None:
    content = (HEADER + "A" * ROW_LIMIT + "ਊĊ" * 9 + "\n" + rows("Ada")[24:]).encode(encoding)
    first, second = read(content, reading=Reading(encoding=encoding))
    assert isinstance(first, BadRow)
    assert (second.line, second.given.first_name) == (3, "Ada")


def test_reading_can_go_on_after_any_row_of_utf_16(opened: Open) -> None:
    content = codecs.BOM_UTF16_LE + rows("Ċikku", "ਊ", "Ada").encode("utf-16-le")
    (first, *_) = opened(content).batches(start=START, limit=1)
    rest = [entry for batch in opened(content).batches(start=first.after, limit=9) for entry in batch.entries]
    assert [(entry.line, entry.given.first_name) for entry in rest if isinstance(entry, Row)] == [(3, "ਊ"), (4, "Ada")]


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"PK\x03\x04", "Excel workbook"),
        (b"\x1f\x8b\x08", "compressed"),
        (codecs.BOM_UTF32_LE, "UTF-32"),
        (b"a\x00\x00\x00\x00\x00", "text file"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(head: bytes, word: str, read: Read) -> None:
    with pytest.raises(InvalidInput, match=word):
        read(head + b"rest")


def test_the_fingerprint_tells_files_apart_that_differ_in_one_byte_in_the_middle(opened: Open) -> None:
    wrong, right = rows(*"ABCDEF").replace("p3@", "x3@"), rows(*"ABCDEF")
    assert len(wrong) == len(right)
    assert opened(wrong).fingerprint != opened(right).fingerprint
    assert opened(right).fingerprint == opened(right).fingerprint


def test_the_fingerprint_tells_apart_how_a_file_is_read(opened: Open) -> None:
    assert opened(rows("A")).fingerprint != opened(rows("A"), reading=Reading(encoding="cp1252")).fingerprint
