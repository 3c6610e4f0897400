"""The rows of a CSV file: delimiters, quotes, and bad ones that cost nobody but themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from natalis.errors import InvalidInput
from natalis.formats.lines import ROW_LIMIT
from natalis.formats.reading import DateOrder, Reading
from natalis.ports.people_file import START, BadRow, PeopleFile, Position, Row

Read: TypeAlias = Callable[..., list[Any]]
OneRow: TypeAlias = Callable[..., Row]
OneBad: TypeAlias = Callable[..., BadRow]
Open: TypeAlias = Callable[..., PeopleFile]


HEADER = "first,last,email,dob,tz"


def people(count: int, delimiter: str = ",") -> str:
    rows = [[f"Ada{n}", "Lovelace", f"ada{n}@example.org", "1985-12-10", "Europe/London"] for n in range(count)]
    return "\n".join(delimiter.join(cells) for cells in [HEADER.split(","), *rows]) + "\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter: str, read: Read) -> None:
    assert [entry.given.first_name for entry in read(people(3, delimiter))] == ["Ada0", "Ada1", "Ada2"]


def test_commas_inside_fields_do_not_mislead_about_the_delimiter(read: Read) -> None:
    (entry,) = read('name;email;dob;tz;notes\n"Lovelace, Ada";a@b.org;1985-12-10;UTC;a, b, c, d, e, f\n')
    assert (entry.given.first_name, entry.given.timezone) == ("Ada", "UTC")


def test_a_spreadsheets_own_separator_line_is_honoured(read: Read) -> None:
    assert len(read("sep=;\r\n" + people(2, ";"))) == 2


def test_a_delimiter_that_was_said_is_taken(read: Read) -> None:
    assert len(read(people(2, "|"), reading=Reading(delimiter="|"))) == 2


def test_a_delimiter_that_cannot_be_is_refused(read: Read) -> None:
    with pytest.raises(InvalidInput, match="cannot separate fields"):
        read(people(1), reading=Reading(delimiter="a"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_of_three_ways(end: str, read: Read) -> None:
    entries = read(people(3).replace("\n", end))
    assert [entry.line for entry in entries] == [2, 3, 4]


def test_quoted_fields_hold_delimiters_quotes_and_line_breaks(row: OneRow) -> None:
    ada = row(f'notes,{HEADER}\n"a\nb ""c"", d","Ada",Lovelace,a@b.org,1985-12-10,UTC\n').given
    assert ada.first_name == "Ada"


def test_a_row_after_one_of_several_lines_knows_its_line(read: Read) -> None:
    entries = read(f'notes,{HEADER}\n"a\nb\nc",A,L,a@b.org,1985-12-10,UTC\nx,B,L,b@b.org,1985-12-10,UTC\n')
    assert [entry.line for entry in entries] == [2, 5]


def test_rows_without_text_are_passed_over(read: Read) -> None:
    assert len(read(f"\n\n{people(1)}\n,,,,\n \n")) == 1


def test_a_row_may_lack_fields_at_its_end(row: OneRow) -> None:
    assert row(f"{HEADER},locale,notes\nA,L,a@b.org,1985-12-10,UTC\n").given.locale is None


def test_a_row_with_more_fields_than_the_header_is_bad(bad: OneBad) -> None:
    found = bad(f"{HEADER}\nA,L,a@b.org,1985-12-10,UTC,more\n")
    assert (found.line, "has 6 fields and the header 5" in found.reason) == (2, True)


def test_empty_fields_past_the_header_do_no_harm(read: Read) -> None:
    assert isinstance(read(f"{HEADER}\nA,L,a@b.org,1985-12-10,UTC,,\n")[0], Row)


def test_a_quote_that_is_never_closed_costs_its_own_row_only(read: Read) -> None:
    content = f'{HEADER}\n"A,L,a@b.org,1985-12-10,UTC\nB,L,b@b.org,1985-12-10,UTC\nC,L,c@b.org,1985-12-10,UTC\n'
    first, *others = read(content)
    assert isinstance(first, BadRow)
    assert (first.line, "quote" in first.reason) == (2, True)
    assert [(entry.line, entry.given.first_name) for entry in others] == [(3, "B"), (4, "C")]


def test_a_quote_that_swallows_much_is_given_up_and_the_rows_after_it_land(read: Read) -> None:
    content = f'{HEADER}\n"A,L,a@b.org,1985-12-10,UTC\n' + "B,L,b@b.org,1985-12-10,UTC\n" * 10_000
    first, *others = read(content)
    assert isinstance(first, BadRow)
    assert len(others) == 10_000


def test_a_row_of_more_than_a_mebibyte_is_bad_and_the_next_one_lands(read: Read) -> None:
    content = f"{HEADER}\n{'A' * (ROW_LIMIT + 9)},L,a@b.org,1985-12-10,UTC\nB,L,b@b.org,1985-12-10,UTC\n"
    first, second = read(content)
    assert isinstance(first, BadRow)
    assert (first.line, "longer than" in first.reason) == (2, True)
    assert (second.line, second.given.first_name) == (3, "B")


def test_a_row_of_many_quoted_lines_ends_at_the_limit(read: Read) -> None:
    endless = '"' + "a" * 70_000 + '\n",'
    first, *_ = read(f"{HEADER}\n{endless * 20}\n")
    assert isinstance(first, BadRow)
    assert (first.line, "longer than" in first.reason) == (2, True)


def test_an_empty_file_is_refused(read: Read) -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        read("")


def test_a_header_alone_has_no_rows(read: Read) -> None:
    assert read(HEADER) == []


@pytest.mark.parametrize(
    ("written", "order", "read_as"),
    [
        ("1985-12-10", None, "1985-12-10"),
        ("19851210", None, "1985-12-10"),
        ("1985/12/1", None, "1985-12-01"),
        ("1985-12-10 00:00:00", None, "1985-12-10"),
        ("--12-10", None, "--12-10"),
        ("10/12/1985", DateOrder.DMY, "1985-12-10"),
        ("10.12.1985", DateOrder.DMY, "1985-12-10"),
        ("12/10/1985", DateOrder.MDY, "1985-12-10"),
        ("1.2.", DateOrder.DMY, "--02-01"),
        ("12/10", DateOrder.MDY, "--12-10"),
        ("25.05.1990", None, "1990-05-25"),
        ("05/25/1990", None, "1990-05-25"),
        ("25.5.", None, "--05-25"),
    ],
)
def test_dates_are_read(written: str, order: DateOrder | None, read_as: str, row: OneRow) -> None:
    found = row(f"{HEADER}\nA,L,a@b.org,{written},UTC\n", reading=Reading(date_order=order))
    assert found.given.birthday == read_as


@pytest.mark.parametrize("written", ["05/06/1990", "25/13/1990", "5.6."])
def test_a_date_whose_order_is_not_said_is_bad_and_the_reason_names_the_option(written: str, bad: OneBad) -> None:
    assert "--date-order" in bad(f"{HEADER}\nA,L,a@b.org,{written},UTC\n").reason


@pytest.mark.parametrize("written", ["25/05/90", "1985-12-10 23:30:00", "1985-12-10T00:00:00Z", "33018", "tomorrow"])
def test_what_is_no_clear_date_is_bad_in_any_order(written: str, bad: OneBad) -> None:
    assert (
        "birthdayDate"
        in bad(f"{HEADER}\nA,L,a@b.org,{written},UTC\n", reading=Reading(date_order=DateOrder.DMY)).reason
    )


def test_reading_can_go_on_after_any_row(opened: Open) -> None:
    ends = ",L,a@b.org,1985-12-10,UTC\n"
    content = f'notes,{HEADER}\n"a\nb",A{ends}"x,B{ends}\nz,C{ends}'
    whole = [entry for batch in opened(content).batches(start=START, limit=99) for entry in batch.entries]
    stops = [START, *(batch.after for batch in opened(content).batches(start=START, limit=1))]
    for done, stop in enumerate(stops):
        rest = [entry for batch in opened(content).batches(start=stop, limit=1) for entry in batch.entries]
        assert rest == whole[done:]


def test_the_last_position_is_the_end_of_the_file(opened: Open) -> None:
    *_, last = opened(people(5)).batches(start=START, limit=2)
    assert last.after == Position(len(people(5)), 7)
