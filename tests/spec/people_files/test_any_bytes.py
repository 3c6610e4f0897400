"""Whatever a file holds: it is read, row by row, or refused."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.errors import InvalidInput
from natalis.formats.detect import open_people
from natalis.formats.reading import Reading
from natalis.ports.people_file import START, BadRow, Position, Row

CSV_HEADER = "first,last,email,dob,tz,anniversary\n"
CARD = "BEGIN:VCARD\r\nVERSION:4.0\r\n"
SHARDS = st.sampled_from(
    [
        *('"', ",", ";", "\n", "\r\n", "\r", "\t", "|", " ", "\x00", "a@b.org", "1985-12-10", "1/2/3", "UTC", "\ufeff"),
        *(
            "BEGIN:VCARD\n",
            "END:VCARD\n",
            "FN:A B\n",
            "BDAY:--0525\n",
            'EMAIL;PREF="',
            "N:;;",
            "\\",
            "é",
            "VERSION:3.0\n",
        ),
        *('{"name": "A B"}\n', "{", "}", "[", '"occasions":{', "null", ":", "\\u", "sep=;\n"),
    ]
)
TEXTS = st.lists(SHARDS | st.text(max_size=5)).map("".join)
CONTENTS = (
    st.binary(max_size=400)
    | TEXTS.map(lambda text: text.encode("utf-8", "replace"))
    | TEXTS.map(lambda text: text.encode("utf-16", "replace"))
    | TEXTS.map(lambda text: text.encode("cp1252", "replace"))
    | st.binary(max_size=200).map(lambda raw: CSV_HEADER.encode() + raw)
    | TEXTS.map(lambda text: (CSV_HEADER + text).encode("utf-8", "replace"))
    | TEXTS.map(lambda text: (CARD + text).encode("utf-8", "replace"))
    | st.binary(max_size=200).map(lambda raw: CARD.encode() + raw)
    | st.binary(max_size=200).map(lambda raw: b'{"name":' + raw)
)
READINGS = st.builds(Reading, encoding=st.sampled_from([None, "utf-8", "cp1252", "utf-16", "shift_jis"]))


def entries_of(content: bytes, name: str, reading: Reading, start: Position = START) -> list[Row | BadRow]:
    opened = open_people(io.BytesIO(content), name=name, reading=reading)
    return [entry for batch in opened.batches(start=start, limit=3) for entry in batch.entries]


@pytest.mark.parametrize("name", ["people.csv", "people.vcf", "people.ndjson"])
@given(content=CONTENTS, reading=READINGS)
def test_no_bytes_raise_anything_but_a_clear_refusal(name: str, content: bytes, reading: Reading) -> None:
    try:
        entries = entries_of(content, name, reading)
    except InvalidInput:
        return
    assert all(entry.reason for entry in entries if isinstance(entry, BadRow))
    assert [entry.line for entry in entries] == sorted({entry.line for entry in entries})


@given(content=CONTENTS)
def test_reading_on_after_any_row_gives_the_rest(content: bytes) -> None:
    try:
        opened = open_people(io.BytesIO(content), name="people.csv")
    except InvalidInput:
        return
    batches = list(opened.batches(start=START, limit=1))
    for done, batch in enumerate(batches, start=1):
        rest = [entry for one in opened.batches(start=batch.after, limit=1) for entry in one.entries]
        assert rest == [entry for one in batches[done:] for entry in one.entries]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1).map(str.strip).filter(bool)


@given(
    people=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_csv_file_gives_back_what_was_written(
    people: list[tuple[str, str, str]], delimiter: str, encoding: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["first", "last", "email", "dob", "tz"])
    writer.writerows([*person, "1985-12-10", "UTC"] for person in people)
    entries = entries_of(text.getvalue().encode(encoding), "people.csv", Reading())
    read_back = [
        (entry.given.first_name, entry.given.last_name, entry.given.email)
        for entry in entries
        if isinstance(entry, Row)
    ]
    assert read_back == people
