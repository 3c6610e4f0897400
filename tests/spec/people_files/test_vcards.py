"""vCard 3.0 and 4.0: one person a card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from natalis.errors import InvalidInput
from natalis.formats.lines import ROW_LIMIT
from natalis.formats.reading import Reading
from natalis.ports.people_file import START, BadRow, PeopleFile, Row

Read: TypeAlias = Callable[..., list[Any]]
OneRow: TypeAlias = Callable[..., Row]
OneBad: TypeAlias = Callable[..., BadRow]
Open: TypeAlias = Callable[..., PeopleFile]


ADA = ("FN:Ada Lovelace", "N:Lovelace;Ada;;;", "EMAIL:ada@example.org", "BDAY:1985-12-10", "TZ:Europe/London")


def card(*lines: str, version: str = "4.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


@pytest.mark.parametrize("version", ["3.0", "4.0"])
def test_a_card_is_a_person(version: str, row: OneRow) -> None:
    found = row(card(*ADA, version=version))
    assert (found.line, found.given.first_name, found.given.last_name) == (1, "Ada", "Lovelace")
    assert (found.given.email, found.given.birthday) == ("ada@example.org", "1985-12-10")
    assert found.given.timezone == "Europe/London"


@pytest.mark.parametrize("version", ["2.1", "5.0", ""])
def test_other_versions_are_bad_and_the_reason_says_which_will_do(version: str, bad: OneBad) -> None:
    assert "3.0 or 4.0" in bad(card(*ADA, version=version)).reason


def test_a_card_without_a_version_is_bad(bad: OneBad) -> None:
    assert "VERSION: is missing" in bad("BEGIN:VCARD\nFN:A B\nEND:VCARD\n").reason


def test_names_are_case_blind_and_lines_may_end_in_newlines_alone(row: OneRow) -> None:
    assert row("begin:vcard\nversion:4.0\nfn:Ada Lovelace\nend:vcard\n").given.last_name == "Lovelace"


@pytest.mark.parametrize("fold", ["\r\n ", "\r\n\t", "\n "])
def test_folded_lines_are_joined(fold: str, row: OneRow) -> None:
    assert row(card(f"FN:Ada Love{fold}lace")).given.last_name == "Lovelace"


def test_groups_and_parameters_are_understood(row: OneRow) -> None:
    found = row(card('item1.EMAIL;TYPE="home:x;y,z";TYPE=work:ada@example.org', "FN;LANGUAGE=en:Ada Lovelace"))
    assert (found.given.email, found.given.last_name) == ("ada@example.org", "Lovelace")


@pytest.mark.parametrize(
    ("lines", "first", "last"),
    [
        (("N:Lovelace;Ada;King;Dr.;PhD", "FN:The Countess"), "Ada", "Lovelace"),
        (("FN:Ada Lovelace",), "Ada", "Lovelace"),
        (("N:;Ada;;;", "FN:Ada Lovelace"), "Ada", "Lovelace"),
        ((r"N:Love\;lace;Ada\, Augusta;;;", "FN:x"), "Ada, Augusta", "Love;lace"),
        (("N:de la Cruz,Perez;Ana;;;", "FN:x"), "Ana", "de la Cruz Perez"),
        ((r"N:a\\;b;;;", "FN:x"), "b", "a\\"),
        ((r"FN:Ada\, Lovelace \\ Co",), "Lovelace \\ Co", "Ada"),
    ],
)
def test_names_come_from_n_or_else_from_fn(lines: tuple[str, ...], first: str, last: str, row: OneRow) -> None:
    found = row(card(*lines)).given
    assert (found.first_name, found.last_name) == (first, last)


def test_a_card_without_a_name_is_bad(bad: OneBad) -> None:
    assert "FN: is missing" in bad(card("EMAIL:a@b.org")).reason


@pytest.mark.parametrize(
    "emails",
    [
        ("EMAIL:x@b.org", "EMAIL;PREF=1:a@b.org"),
        ("EMAIL;PREF=50:x@b.org", "EMAIL;PREF=2:a@b.org"),
        ("EMAIL;TYPE=INTERNET,HOME:x@b.org", "EMAIL;TYPE=INTERNET,PREF:a@b.org"),
        ("EMAIL;TYPE=HOME:x@b.org", "EMAIL;TYPE=WORK;TYPE=pref:a@b.org"),
        ("EMAIL:a@b.org", "EMAIL:x@b.org"),
        ("EMAIL;PREF=high:a@b.org", "EMAIL:x@b.org"),
    ],
)
def test_the_preferred_address_is_taken_or_else_the_first(emails: tuple[str, ...], row: OneRow) -> None:
    assert row(card("FN:A B", *emails)).given.email == "a@b.org"


@pytest.mark.parametrize(
    ("written", "birthday"),
    [
        ("BDAY:1990-05-25", "1990-05-25"),
        ("BDAY:19900525", "1990-05-25"),
        ("BDAY:--0525", "--05-25"),
        ("BDAY:--05-25", "--05-25"),
        ("BDAY:19900525T233000Z", "1990-05-25"),
        ("BDAY;VALUE=date-time:1990-05-25T23:30:00-08:00", "1990-05-25"),
        ("BDAY;VALUE=date:1990-05-25", "1990-05-25"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-25", "--05-25"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1990-05-25", "1990-05-25"),
        ("BDAY;CALSCALE=gregorian:--0229", "--02-29"),
    ],
)
def test_a_birthday_is_a_date_and_never_an_instant(written: str, birthday: str, row: OneRow) -> None:
    assert row(card("FN:A B", written)).given.birthday == birthday


@pytest.mark.parametrize("written", ["BDAY;VALUE=text:circa 1800", "BDAY:1990", "BDAY:1990-05", "BDAY:---25", "BDAY:x"])
def test_a_birthday_without_month_and_day_is_bad(written: str, bad: OneBad) -> None:
    assert "does not say a month and a day" in bad(card("FN:A B", written)).reason


def test_a_card_without_a_birthday_leaves_it_out(row: OneRow) -> None:
    assert row(card("FN:A B")).given.birthday is None


@pytest.mark.parametrize(
    "lines",
    [
        ("ANNIVERSARY:20110604",),
        ("X-ANNIVERSARY:2011-06-04",),
        ("item1.X-ABDATE;type=pref:2011-06-04", "item1.X-ABLabel:_$!<Anniversary>!$_"),
    ],
)
def test_anniversaries_are_further_dates(lines: tuple[str, ...], row: OneRow) -> None:
    assert row(card("FN:A B", *lines)).dates == {"anniversary": "2011-06-04"}


def test_apples_other_dates_are_not_anniversaries(row: OneRow) -> None:
    assert row(card("FN:A B", "item1.X-ABDATE:2011-06-04", "item1.X-ABLabel:_$!<Other>!$_")).dates == {}


def test_an_anniversary_that_is_no_date_is_bad(bad: OneBad) -> None:
    assert "ANNIVERSARY" in bad(card("FN:A B", "ANNIVERSARY;VALUE=text:in spring")).reason


def test_a_language_is_the_locale(row: OneRow) -> None:
    assert row(card("FN:A B", "LANG;PREF=2:en", "LANG;PREF=1:fr")).given.locale == "fr"


def test_a_photograph_of_any_size_is_passed_over(row: OneRow) -> None:
    photo = "PHOTO;ENCODING=b:" + "A" * (2 * ROW_LIMIT) + "\r\n " + "\r\n ".join(["B" * 70] * 30_000)
    assert row(card(photo, *ADA)).given.first_name == "Ada"


def test_a_card_with_too_much_text_is_bad_and_the_next_one_lands(read: Read) -> None:
    first, second = read(card("FN:" + "\r\n ".join(["A" * 70] * 20_000)) + card(*ADA))
    assert ("longer than" in first.reason, second.given.first_name) == (True, "Ada")


def test_quoted_printable_is_refused_with_what_to_do(bad: OneBad) -> None:
    assert "3.0 or 4.0" in bad(card("FN;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen M", version="3.0")).reason


def test_a_card_that_is_not_closed_ends_where_the_next_begins(read: Read) -> None:
    first, second = read("BEGIN:VCARD\nVERSION:4.0\nFN:A B\n" + card(*ADA))
    assert ("not closed" in first.reason, first.line) == (True, 1)
    assert (second.line, second.given.first_name) == (4, "Ada")


def test_a_file_may_end_inside_a_card(bad: OneBad) -> None:
    assert "not closed" in bad(card(*ADA) + "BEGIN:VCARD\nVERSION:4.0\n").reason


def test_text_between_cards_is_one_bad_row(read: Read) -> None:
    first, second, third = read(card(*ADA) + "hello\nEND:VCARD\n\n" + card(*ADA), name="x.vcf")
    assert (first.given.first_name, third.given.first_name) == ("Ada", "Ada")
    assert (second.line, "outside of any card" in second.reason) == (9, True)


def test_a_line_that_is_no_property_costs_nobody_unless_it_is_needed(read: Read) -> None:
    good, bad = read(card("this is no property", *ADA) + card('EMAIL;TYPE="home:x@b.org', "FN:A B"))
    assert (good.given.first_name, "EMAIL" in bad.reason) == ("Ada", True)


def test_bytes_that_do_not_belong_matter_only_where_they_are_read(read: Read) -> None:
    broken = card("FN:Zoë X").encode("cp1252")
    unread = card("NOTE:Zoë", *ADA).encode("cp1252")
    first, second = read(broken + unread, reading=Reading(encoding="utf-8"))
    assert ("is not utf-8" in first.reason, second.given.first_name) == (True, "Ada")


def test_columns_cannot_be_mapped(read: Read) -> None:
    with pytest.raises(InvalidInput, match="no columns to map"):
        read(card(*ADA), reading=Reading(columns={"a": "email"}))


def test_reading_can_go_on_after_any_card(opened: Open) -> None:
    content = card(*ADA) + "BEGIN:VCARD\nFN:x\n" + card(*ADA) + "junk\n" + card("FN:C D")
    whole = [entry for batch in opened(content).batches(start=START, limit=99) for entry in batch.entries]
    stops = [START, *(batch.after for batch in opened(content).batches(start=START, limit=1))]
    for done, stop in enumerate(stops):
        rest = [entry for batch in opened(content).batches(start=stop, limit=1) for entry in batch.entries]
        assert rest == whole[done:]
