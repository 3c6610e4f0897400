"""`natalis user`, `upcoming` and `forecast`: people one at a time, and when they are greeted."""

from __future__ import annotations

import json

import pytest

from natalis.cli.exit_codes import ExitCode
from natalis.testing.command_line import Natalis

pytestmark = pytest.mark.usefixtures("database")
ADA = ("--first-name", "Ada", "--last-name", "Byron", "--email", "ada@example.org")
BORN = ("--birthday", "1988-02-29", "--timezone", "Europe/Kiev")


@pytest.fixture
def ada(natalis: Natalis, database: str) -> str:
    """Add Ada, and return her id."""
    del database  # which comes first, as it says where she is added
    return str(natalis("user", "add", *ADA, *BORN, "--json").json["id"])


def test_someone_added_is_listed_and_shown(natalis: Natalis, ada: str) -> None:
    listed = natalis("user", "list", "--json")
    shown = natalis("user", "show", "ADA@example.org", "--json")

    assert [row["id"] for row in listed.rows] == [ada]
    assert (shown.json["timezone"], shown.json["occasions"][0]["on"]) == ("Europe/Kiev", "1988-02-29")


def test_someone_without_a_year_of_birth_can_be_added(natalis: Natalis) -> None:
    ran = natalis("user", "add", *ADA, "--birthday", "--05-25", "--timezone", "Asia/Kathmandu", "--json")

    assert ran.json["birthdayDate"] == "--05-25"


def test_every_fault_is_named_with_what_would_be_right(natalis: Natalis) -> None:
    ran = natalis("user", "add", *ADA, "--birthday", "1989-02-29", "--timezone", "Europe/Pari")

    assert ran.code == ExitCode.INVALID
    assert "1989-02-29 does not exist" in ran.err
    assert "Europe/Paris" in ran.err


@pytest.mark.usefixtures("ada")
def test_a_taken_address_is_a_conflict(natalis: Natalis) -> None:
    ran = natalis("user", "add", *ADA, *BORN, "--json")

    assert ran.code == ExitCode.CONFLICT
    assert json.loads(ran.err)["error"] == "EmailTaken"


@pytest.mark.usefixtures("ada")
def test_someone_removed_is_gone(natalis: Natalis) -> None:
    removed = natalis("user", "remove", "ada@example.org")
    shown = natalis("user", "show", "ada@example.org")

    assert (removed.code, shown.code) == (ExitCode.DONE, ExitCode.NOT_FOUND)


def test_erasing_wants_a_yes_and_reaches_those_removed_before(natalis: Natalis, ada: str) -> None:
    natalis("user", "remove", ada)

    unsure = natalis("user", "remove", ada, "--erase")
    sure = natalis("user", "remove", ada, "--erase", "--yes", "--json")

    assert unsure.code == ExitCode.USAGE
    assert "--yes" in unsure.err
    assert sure.json == {"id": ada, "erased": True}


@pytest.mark.usefixtures("ada")
def test_upcoming_lists_the_next_birthday_within_a_year(natalis: Natalis) -> None:
    rows = natalis("upcoming", "--days", "366", "--json").rows

    assert [(row["fullName"], row["kind"], row["fireAt"][-9:]) for row in rows] == [
        ("Ada Byron", "birthday", "07:00:00Z")
    ]


@pytest.mark.usefixtures("ada")
def test_forecast_counts_the_leap_day_on_the_28th_of_a_common_year(natalis: Natalis) -> None:
    common, leap = natalis("forecast", "2027-02-28", "--json"), natalis("forecast", "2028-02-28", "--json")

    assert (common.json["total"], common.json["peak"]) == (1, {"minute": "2027-02-28T07:00:00Z", "count": 1})
    assert leap.json["total"] == 0


@pytest.mark.usefixtures("ada")
def test_forecast_draws_the_hours_for_people(natalis: Natalis) -> None:
    ran = natalis("forecast", "2027-02-28")

    assert "07:00 UTC █" in ran.out


def test_a_forecast_of_no_date_is_refused(natalis: Natalis) -> None:
    assert natalis("forecast", "tomorrow").code == ExitCode.INVALID


def test_more_than_the_limit_is_said_beside_the_list(natalis: Natalis) -> None:
    natalis("seed", "3")

    ran = natalis("user", "list", "--limit", "2")

    assert len(ran.out.splitlines()) == 1 + 2
    assert "more than 2" in ran.err


def test_long_lists_come_page_by_page(natalis: Natalis) -> None:
    natalis("seed", "1100")

    rows = natalis("user", "list", "--limit", "2000", "--json").rows

    assert len({row["id"] for row in rows}) == 1100
