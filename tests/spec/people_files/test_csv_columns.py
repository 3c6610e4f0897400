"""Which column means what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from natalis.errors import InvalidInput
from natalis.formats.columns import split_name
from natalis.formats.reading import Reading, parsed_columns
from natalis.ports.people_file import Row

Read: TypeAlias = Callable[..., list[Any]]
OneRow: TypeAlias = Callable[..., Row]


ADA = "Ada,Lovelace,ada@example.org,1985-12-10,Europe/London"


@pytest.mark.parametrize(
    "header",
    [
        "first_name,last_name,email,birthday,timezone",
        "firstName,lastName,email,birthdayDate,timezone",
        "First Name,Surname,E-Mail,Date of Birth,Time Zone",
        "Given-Name,FAMILY NAME,mail,DOB,tz",
        "vorname,nachname,e-mail-adresse,geburtsdatum,zeitzone",
        "prénom,nom,Email Address,birth_date,location",
        "\ufeffFirst,Last,E-mail 1 - Value,Birthdate,zone",
    ],
)
def test_header_names_are_understood_in_many_spellings(header: str, row: OneRow) -> None:
    ada = row(f"{header}\n{ADA}\n").given
    assert (ada.first_name, ada.last_name, ada.email) == ("Ada", "Lovelace", "ada@example.org")
    assert (ada.birthday, ada.timezone) == ("1985-12-10", "Europe/London")


def test_columns_may_stand_in_any_order_among_others(row: OneRow) -> None:
    ada = row("team,tz,dob,email,notes,surname,forename\nx,Europe/London,1985-12-10,a@b.org,y,Lovelace,Ada\n").given
    assert (ada.first_name, ada.last_name, ada.timezone) == ("Ada", "Lovelace", "Europe/London")


def test_optional_columns_are_read(row: OneRow) -> None:
    found = row(f"first,last,email,dob,tz,language,leap_day,anniversary\n{ADA},fr,forward,2011-06-04\n")
    assert (found.given.locale, found.given.leap_day) == ("fr", "forward")
    assert found.dates == {"anniversary": "2011-06-04"}


def test_a_kind_of_the_operators_own_has_a_column_named_after_it(row: OneRow) -> None:
    found = row(f"first,last,email,dob,tz,occasions.work-start\n{ADA},2019-04-01\n")
    assert found.dates == {"work-start": "2019-04-01"}


def test_an_empty_further_date_is_none(row: OneRow) -> None:
    assert row(f"first,last,email,dob,tz,anniversary\n{ADA},\n").dates == {}


def test_an_empty_field_is_one_not_given(row: OneRow) -> None:
    assert row("first,last,email,dob,tz\nAda,Lovelace,a@b.org,1985-12-10,\n").given.timezone is None


def test_the_clearer_of_two_names_wins(row: OneRow) -> None:
    ada = row(f"first,last,email,dob,timezone,location\n{ADA},London office\n").given
    assert ada.timezone == "Europe/London"


def test_two_columns_of_one_name_are_refused(read: Read) -> None:
    with pytest.raises(InvalidInput, match="two columns are called 'Email'"):
        read(f"first,last,email,dob,tz,Email\n{ADA},x\n")


def test_missing_columns_are_named_with_what_was_found_and_what_to_do(read: Read) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read("first,last,phone\nAda,Lovelace,1\n", reading=Reading(needs_zone=True))
    assert "no column for email, birthdayDate, timezone" in refusal.value.problem
    assert "'phone'" in refusal.value.problem
    assert "--map" in refusal.value.remedy


def test_a_column_for_zones_is_not_needed_where_there_is_a_default(read: Read) -> None:
    content = "first,last,email,dob\nAda,Lovelace,a@b.org,1985-12-10\n"
    assert len(read(content)) == 1


def test_a_mapped_column_wins_over_the_table(row: OneRow) -> None:
    columns = parsed_columns(("Geb. am=birthday", "private mail=email", "joined=occasions.work"))
    header = "first,last,email,Private Mail,Geb. am,tz,joined"
    found = row(f"{header}\nAda,Lovelace,x,a@b.org,1985-12-10,UTC,2019-04-01\n", reading=Reading(columns=columns))
    assert (found.given.email, found.given.birthday) == ("a@b.org", "1985-12-10")
    assert found.dates == {"work": "2019-04-01"}


@pytest.mark.parametrize(
    ("columns", "word"),
    [({"nothing": "email"}, "no column 'nothing'"), ({"first": "shoe size"}, "'shoe size' is not a field")],
)
def test_a_mapping_that_fits_nothing_is_refused(columns: dict[str, str], word: str, read: Read) -> None:
    with pytest.raises(InvalidInput, match=word):
        read(f"first,last,email,dob,tz\n{ADA}\n", reading=Reading(columns=columns))


@pytest.mark.parametrize("pair", ["birthday", "=birthday", "dob="])
def test_a_pair_without_two_sides_is_refused(pair: str) -> None:
    with pytest.raises(InvalidInput, match="theirs=ours"):
        parsed_columns((pair,))


def test_the_last_equals_sign_of_a_pair_separates() -> None:
    assert parsed_columns(("a=b=email",)) == {"a=b": "email"}


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Ada King Lovelace", "Ada King", "Lovelace"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Charles de la Vallée Poussin", "Charles de la Vallée", "Poussin"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Prince", "Prince", ""),
        ("  ", "", ""),
    ],
)
def test_a_full_name_is_split(full: str, first: str, last: str) -> None:
    assert split_name(full) == (first, last)


def test_a_column_of_full_names_serves_when_they_are_not_given_apart(row: OneRow) -> None:
    ada = row("name,email,dob,tz\nAda Lovelace,a@b.org,1985-12-10,UTC\n").given
    assert (ada.first_name, ada.last_name) == ("Ada", "Lovelace")


def test_names_given_apart_win_over_a_full_name(row: OneRow) -> None:
    assert row("name,first,last,email,dob,tz\nX Y,Ada,Lovelace,a@b.org,1985-12-10,UTC\n").given.first_name == "Ada"
