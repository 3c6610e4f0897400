"""`natalis doctor`: every dependency is looked at, and each that is not well comes with what to do."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from natalis.cli.exit_codes import ExitCode
from natalis.testing.command_line import Natalis, Ran

pytestmark = pytest.mark.network  # it tries the ports


@pytest.fixture(autouse=True)
def _any_port(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del clean  # which comes first, as it takes settings away
    monkeypatch.setenv("NATALIS_PORT", "0")
    monkeypatch.setenv("METRICS_PORT", "0")


def _of(ran: Ran, check: str) -> dict[str, str]:
    (found,) = [row for row in ran.rows if row["check"] == check]
    return dict(found)


def test_a_new_machine_is_well(natalis: Natalis) -> None:
    ran = natalis("doctor", "--json")

    assert ran.code == ExitCode.DONE
    assert {row["state"] for row in ran.rows} <= {"well", "warning"}
    assert {row["check"] for row in ran.rows} == {
        *("settings", "python", "templates", "database", "disk", "time zones", "tokens"),
        *("api port", "metrics port", "provider"),
    }


def test_looking_changes_nothing(natalis: Natalis, clean: Path) -> None:
    natalis("doctor")

    assert list(clean.iterdir()) == []


def test_people_see_what_to_do(natalis: Natalis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATALIS_TEMPLATES", "no-such-folder")

    ran = natalis("doctor")

    assert ran.code == ExitCode.PROBLEMS
    assert "✗ templates" in ran.out
    assert "to mend:" in ran.out
    assert "not well: templates" in ran.err


def test_a_provider_that_is_away_is_a_warning_for_messages_wait(
    natalis: Natalis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATALIS_PROVIDER_URL", "http://127.0.0.1:1")

    ran = natalis("doctor")

    assert ran.code == ExitCode.DONE
    assert "to mend: start it" in ran.out


def test_calls_of_the_provider_that_cannot_be_made_are_a_finding(
    natalis: Natalis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATALIS_PROVIDER_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("NATALIS_PROVIDER_BODY", '{"to": "{nobody}"}')

    ran = natalis("doctor", "--json")

    assert ran.code == ExitCode.PROBLEMS
    assert _of(ran, "provider")["state"] == "ill"
    assert "{nobody} is not a placeholder" in _of(ran, "provider")["detail"]


def test_a_database_of_a_newer_version_is_a_finding_and_not_up_to_date(natalis: Natalis, clean: Path) -> None:
    natalis("seed", "1")
    with closing(sqlite3.connect(clean / "natalis.db")) as connection:
        connection.execute("PRAGMA user_version = 9999")

    assert "made by a newer version" in _of(natalis("doctor", "--json"), "database")["detail"]
    assert "made by a newer version" in natalis("migrate").err


def test_wrong_settings_are_a_finding(natalis: Natalis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATALIS_PROT", "1")

    ran = natalis("doctor", "--json")

    assert ran.code == ExitCode.PROBLEMS
    assert _of(ran, "settings")["state"] == "ill"


def test_a_port_that_is_taken_is_found(natalis: Natalis, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("NATALIS_PORT", str(other.getsockname()[1]))

        ran = natalis("doctor", "--json")

    assert _of(ran, "api port")["state"] == "ill"
    assert "NATALIS_PORT" in _of(ran, "api port")["remedy"]


def test_a_file_that_is_no_database_is_found(natalis: Natalis, clean: Path) -> None:
    (clean / "natalis.db").write_bytes(b"\x01" * 5000)

    assert _of(natalis("doctor", "--json"), "database")["state"] == "ill"


def test_a_damaged_database_is_found(natalis: Natalis, clean: Path) -> None:
    natalis("seed", "500")
    file = clean / "natalis.db"
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 8192] = b"\xff" * 8192
    file.write_bytes(content)

    finding = _of(natalis("doctor", "--json"), "database")

    assert finding["state"] == "ill"
    assert "backup" in finding["remedy"]


def test_a_folder_that_is_not_there_is_found(natalis: Natalis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:nowhere/natalis.db")

    ran = natalis("doctor", "--json")

    assert "mkdir -p" in _of(ran, "database")["remedy"]


def test_an_open_address_without_a_token_is_found_until_there_is_one(
    natalis: Natalis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATALIS_HOST", "0.0.0.0")  # noqa: S104 - nothing listens, the doctor only asks
    before = natalis("doctor", "--json")

    natalis("token", "create", "hr")
    after = natalis("doctor", "--json")

    assert (_of(before, "tokens")["state"], _of(after, "tokens")["state"]) == ("ill", "well")


def test_broken_templates_are_found(natalis: Natalis, monkeypatch: pytest.MonkeyPatch, clean: Path) -> None:
    (clean / "texts").mkdir()
    (clean / "texts" / "birthday.txt").write_text("Subject: Hello {firstname}\n\nHi\n", encoding="utf-8")
    monkeypatch.setenv("NATALIS_TEMPLATES", "texts")

    finding = _of(natalis("doctor", "--json"), "templates")

    assert finding["state"] == "ill"
    assert "firstName" in finding["detail"]
