"""`natalis import` and `natalis seed`: good rows land, bad ones are named, repeating changes nothing."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import pytest

from natalis.cli.exit_codes import ExitCode
from natalis.cli.import_file import Faults
from natalis.cli.invented import earth, invented
from natalis.testing.command_line import Natalis
from natalis.usecases.import_result import Outcome, Progress, Result, Tally
from natalis.zones.pinned import TzdataZones

pytestmark = pytest.mark.usefixtures("database")
HEADER = "first name,surname,e-mail,date of birth,tz\n"
GOOD = "Zoë,Müller,zoe@example.org,1990-05-25,Europe/Berlin\n"
BAD = "Bob,Brown,bob@example.org,1991-02-29,Europe/London\n"


def _file(folder: Path, *rows: str) -> str:
    (folder / "people.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    return "people.csv"


def test_good_rows_land_and_bad_ones_are_named_by_line(natalis: Natalis, clean: Path) -> None:
    ran = natalis("import", _file(clean, GOOD, BAD), "--json")

    assert ran.code == ExitCode.PROBLEMS
    assert (ran.json["added"], ran.json["bad"]) == (1, 1)
    assert [(error["line"], error["outcome"]) for error in ran.json["errors"]] == [(3, "bad")]
    assert "1991-02-29" in ran.json["errors"][0]["reason"]


def test_people_read_the_line_and_the_reason(natalis: Natalis, clean: Path) -> None:
    ran = natalis("import", _file(clean, GOOD, BAD))

    assert "line 3: " in ran.out
    assert "1 added" in ran.out


def test_a_clean_file_ends_well_and_repeating_it_changes_nothing(natalis: Natalis, clean: Path) -> None:
    first, again = natalis("import", _file(clean, GOOD), "--json"), natalis("import", "people.csv", "--json")

    assert (first.code, again.code) == (ExitCode.DONE, ExitCode.DONE)
    assert (first.json["added"], again.json["added"], again.json["unchanged"]) == (1, 0, 1)


def test_a_dry_run_writes_nothing(natalis: Natalis, clean: Path) -> None:
    ran = natalis("import", _file(clean, GOOD), "--dry-run", "--json")

    assert (ran.json["dryRun"], ran.json["added"]) == (True, 1)
    assert natalis("user", "list", "--json").rows == []


def test_an_address_with_other_data_is_a_conflict_unless_it_is_to_be_updated(natalis: Natalis, clean: Path) -> None:
    natalis("import", _file(clean, GOOD))
    moved = _file(clean, GOOD.replace("Berlin", "Vienna"))

    kept, taken = natalis("import", moved, "--json"), natalis("import", moved, "--update", "--json")

    assert (kept.json["conflict"], kept.code) == (1, ExitCode.PROBLEMS)
    assert (taken.json["updated"], taken.code) == (1, ExitCode.DONE)


def test_faults_are_written_into_a_file_on_request(natalis: Natalis, clean: Path) -> None:
    natalis("import", _file(clean, GOOD, BAD), "--errors", "faults.csv")

    with (clean / "faults.csv").open(encoding="utf-8") as file:
        assert [(row["line"], row["outcome"]) for row in csv.DictReader(file)] == [("3", "bad")]


def _fell(line: int) -> Progress:
    bad = Result(line, Outcome.BAD, None, "it cannot be")
    return Progress(0, 0, Tally(bad=1), (bad,), None)


def _lines(report: TextIO) -> list[str]:
    return [line.partition(",")[0] for line in Path(report.name).read_text(encoding="utf-8").splitlines()]


def test_the_file_of_faults_has_a_row_before_its_checkpoint_is_written(tmp_path: Path) -> None:
    with (tmp_path / "faults.csv").open("a+", encoding="utf-8") as report:
        Faults(report).take(_fell(3))

        assert _lines(report) == ["line", "3"]  # though the file is still open, as it is when the process is killed


def test_an_import_that_goes_on_keeps_the_faults_reported_before(tmp_path: Path) -> None:
    with (tmp_path / "faults.csv").open("a+", encoding="utf-8") as report:
        report.write("line,outcome,reason\n3,bad,it cannot be\n9,bad,of a batch that lands again\n")
        Faults(report).take(replace(_fell(9), resumed_at=5))

        assert _lines(report) == ["line", "3", "9"]


def test_an_import_that_begins_anew_keeps_none_of_them(tmp_path: Path) -> None:
    with (tmp_path / "faults.csv").open("a+", encoding="utf-8") as report:
        report.write("line,outcome,reason\n3,bad,of yesterday's file\n")
        Faults(report).take(_fell(2))

        assert _lines(report) == ["line", "2"]


def test_columns_dates_and_zone_can_be_said(natalis: Natalis, clean: Path) -> None:
    (clean / "leute.csv").write_text("Vorname;Nachname;Mail;Geb. am\nZoë;Groß;z@example.org;25.05.1990\n", "cp1252")

    ran = natalis(
        *("import", "leute.csv", "--map", "Geb. am=birthday", "--date-order", "dmy"),
        *("--timezone", "Europe/Berlin", "--json"),
    )

    assert ran.json["added"] == 1
    assert natalis("user", "list", "--json").rows[0]["birthdayDate"] == "1990-05-25"


def test_a_file_that_is_not_there_is_named(natalis: Natalis) -> None:
    ran = natalis("import", "nobody.csv")

    assert ran.code == ExitCode.USAGE
    assert "nobody.csv" in ran.err


def test_invented_people_are_the_same_for_the_same_seed(natalis: Natalis) -> None:
    first, again = natalis("seed", "50", "--json"), natalis("seed", "50", "--json")

    assert (first.json["added"], again.json["added"], again.json["unchanged"]) == (50, 0, 50)


def test_another_seed_is_another_crowd() -> None:
    assert invented(1, 0) != invented(2, 0)


def test_invented_people_live_in_zones_that_exist() -> None:
    known = TzdataZones().names()

    assert {zone for zone, _ in earth().places} <= known
