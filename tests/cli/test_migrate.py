"""`natalis migrate`: what a database lacks is shown, and added only when that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from natalis.cli.exit_codes import ExitCode
from natalis.testing.command_line import Natalis
from natalis.testing.servers.postgres import PostgresDatabase


@pytest.fixture(params=[pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.network)])
def untouched(request: pytest.FixtureRequest, clean: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settings that name a database in which nothing is yet; returns its kind."""
    del clean  # which comes first, as it takes settings away
    if request.param == "postgres":
        empty: PostgresDatabase = request.getfixturevalue("postgres")
        monkeypatch.setenv("DATABASE_URL", empty.url)
    return str(request.param)


@pytest.mark.usefixtures("untouched")
def test_a_plan_is_shown_and_nothing_is_written_until_that_is_asked_for(natalis: Natalis) -> None:
    plan = natalis("migrate", "--json").json
    again = natalis("migrate", "--json").json
    applied = natalis("migrate", "--apply", "--json").json

    assert again == plan
    assert (plan["exists"], plan["version"]) == (False, 0)
    assert (applied["missing"], applied["added"]) == ([], len(plan["missing"]))


@pytest.mark.usefixtures("untouched")
def test_applying_twice_changes_nothing(natalis: Natalis) -> None:
    natalis("migrate", "--apply")

    ran = natalis("migrate", "--apply", "--json")

    assert (ran.code, ran.json["missing"], "added" in ran.json) == (ExitCode.DONE, [], False)
    assert "is up to date" in natalis("migrate", "--apply").out


@pytest.mark.usefixtures("untouched")
def test_a_dry_run_tells_each_step_how_it_is_done_and_what_would_be_run(natalis: Natalis) -> None:
    steps = natalis("migrate", "--dry-run", "--json").json["steps"]
    page = natalis("migrate", "--dry-run").out

    assert [step["name"] for step in steps] == natalis("migrate", "--json").json["missing"]
    assert all(step["manner"] and "CREATE" in step["sql"] for step in steps)
    assert "CREATE TABLE users (" in page
    assert natalis("migrate", "--json").json["exists"] is False


@pytest.mark.usefixtures("untouched")
def test_a_dry_run_and_an_application_cannot_be_asked_for_at_once(natalis: Natalis) -> None:
    assert natalis("migrate", "--dry-run", "--apply").code == ExitCode.USAGE


@pytest.mark.network
def test_steps_on_postgresql_are_explained_and_told_as_they_end(
    natalis: Natalis, postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres.url)
    planned = natalis("migrate").out

    applied = natalis("migrate", "--apply")

    assert "0001 tables: " in planned
    assert "0001 tables: done" in applied.err


@pytest.mark.network
def test_a_database_of_another_program_is_left_alone(
    natalis: Natalis, postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres.url)
    postgres.sql("create table users (name text)")

    ran = natalis("migrate", "--apply")

    assert ran.code == ExitCode.UNAVAILABLE
    assert "belongs to another program" in ran.err
