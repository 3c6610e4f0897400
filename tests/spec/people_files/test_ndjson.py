"""NDJSON: one person a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from natalis.errors import InvalidInput
from natalis.formats.reading import DateOrder, Reading
from natalis.ports.people_file import BadRow, PeopleFile, Row

Read: TypeAlias = Callable[..., list[Any]]
OneRow: TypeAlias = Callable[..., Row]
OneBad: TypeAlias = Callable[..., BadRow]
Open: TypeAlias = Callable[..., PeopleFile]


ADA = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "email": "ada@example.org",
    "birthdayDate": "1985-12-10",
    "timezone": "Europe/London",
}


def lines(*people: object) -> str:
    return "".join(json.dumps(person) + "\n" for person in people)


def test_an_object_is_a_person(row: OneRow) -> None:
    ada = row(lines(ADA)).given
    assert (ada.first_name, ada.last_name, ada.email) == ("Ada", "Lovelace", "ada@example.org")
    assert (ada.birthday, ada.timezone) == ("1985-12-10", "Europe/London")


def test_members_may_be_named_as_columns_may(row: OneRow) -> None:
    ada = row(lines({"given_name": "Ada", "surname": "L", "e-mail": "a@b.org", "dob": "--12-10", "location": "UTC"}))
    assert (ada.given.first_name, ada.given.birthday, ada.given.timezone) == ("Ada", "--12-10", "UTC")


def test_a_mapped_member_is_taken(row: OneRow) -> None:
    assert (
        row(lines(ADA | {"geb": "1990-01-02"}), reading=Reading(columns={"geb": "dob"})).given.birthday == "1990-01-02"
    )


def test_a_full_name_is_split_where_it_stands_alone(row: OneRow) -> None:
    assert row(lines({"name": "Ada Lovelace"})).given.last_name == "Lovelace"


def test_null_and_unknown_members_say_nothing(row: OneRow) -> None:
    assert row(lines(ADA | {"locale": None, "team": {"id": 1}})).given.locale is None


@pytest.mark.parametrize(
    "more",
    [
        {"anniversary": "2011-06-04"},
        {"occasions": {"anniversary": "2011-06-04"}},
        {"occasions.anniversary": "20110604"},
    ],
)
def test_further_dates_stand_beside_or_in_occasions(more: dict[str, object], row: OneRow) -> None:
    assert row(lines(ADA | more)).dates == {"anniversary": "2011-06-04"}


@pytest.mark.parametrize("more", [{"email": 5}, {"birthdayDate": 19851210}, {"occasions": []}, {"anniversary": True}])
def test_what_is_not_text_is_bad_and_named(more: dict[str, object], bad: OneBad) -> None:
    assert bad(lines(ADA | more)).reason.startswith(next(iter(more)))


@pytest.mark.parametrize(
    "broken", ["{", "{'a': 1}", '{"a": 1} {"b": 2}', "5", "[]", '"x"', "[" * 5_000, "{" + '"a":[' * 9_999]
)
def test_a_line_that_is_no_object_is_bad_and_the_others_land(broken: str, read: Read) -> None:
    first, second, third = read(lines(ADA) + broken + "\n" + lines(ADA), name="x.ndjson")
    assert (second.line, "line" in second.reason) == (2, True)
    assert (first.given.first_name, third.given.first_name) == ("Ada", "Ada")


def test_blank_lines_are_passed_over(read: Read) -> None:
    assert len(read("\n" + lines(ADA) + "\n  \n" + lines(ADA))) == 2


def test_dates_obey_the_order_that_was_said(row: OneRow) -> None:
    assert (
        row(
            lines(ADA | {"dob": "1/2/1990"} | {"birthdayDate": None}), reading=Reading(date_order=DateOrder.MDY)
        ).given.birthday
        == "1990-01-02"
    )


def test_a_json_array_is_refused_with_what_to_do(read: Read) -> None:
    with pytest.raises(InvalidInput, match="one object a line"):
        read(json.dumps([ADA]), name="people.json")


def test_what_a_file_holds_decides_over_its_name(opened: Open) -> None:
    assert opened(lines(ADA), name="people.csv").description == "NDJSON, utf-8"


def test_the_name_decides_where_the_file_says_nothing(opened: Open) -> None:
    assert opened("", name="people.jsonl").description == "NDJSON, utf-8"
