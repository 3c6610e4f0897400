"""`token`, `suppress`, `template`, `quarantine`, `tz`, `settings`, the roles: running the service."""

from __future__ import annotations

import asyncio
import importlib.resources
from datetime import timedelta
from pathlib import Path

import pytest

from natalis.cli.exit_codes import ExitCode
from natalis.clocks.system import SystemClock
from natalis.domain.planning import Quarantine
from natalis.runtime.adapters import open_store
from natalis.runtime.settings import Settings, choices
from natalis.testing.builders import NOON, a_profile, an_arrival
from natalis.testing.command_line import Natalis


@pytest.mark.usefixtures("database")
def test_a_secret_is_printed_once_and_never_listed(natalis: Natalis) -> None:
    created = natalis("token", "create", "hr", "--scope", "write", "--json")
    listed = natalis("token", "list", "--json")

    assert created.json["secret"].startswith("nat_")
    assert [(row["name"], row["scope"]) for row in listed.rows] == [("hr", "write")]
    assert created.json["secret"] not in listed.out


def test_the_secret_alone_goes_to_a_pipe(natalis: Natalis) -> None:
    ran = natalis("token", "create", "hr")

    assert ran.out.startswith("nat_")
    assert len(ran.out.splitlines()) == 1


@pytest.mark.usefixtures("database")
def test_a_revoked_token_is_gone(natalis: Natalis) -> None:
    natalis("token", "create", "hr")

    assert natalis("token", "revoke", "hr").code == ExitCode.DONE
    assert natalis("token", "revoke", "hr").code == ExitCode.NOT_FOUND


@pytest.mark.usefixtures("database")
def test_an_address_is_suppressed_until_it_is_taken_off(natalis: Natalis) -> None:
    natalis("suppress", "add", "ada@example.org", "--reason", "bounced")
    suppressed = natalis("suppress", "list", "--json").rows
    natalis("suppress", "remove", "ada@example.org")

    assert [(row["email"], row["reason"]) for row in suppressed] == [("ada@example.org", "bounced")]
    assert natalis("suppress", "list", "--json").rows == []


def test_a_preview_shows_what_would_go_out(natalis: Natalis) -> None:
    ran = natalis("template", "preview", "--json")

    assert "Hey, Ada Lovelace it's your birthday" in ran.json["text"]


@pytest.mark.usefixtures("database")
def test_a_preview_can_be_of_someone_known(natalis: Natalis) -> None:
    natalis(
        *("user", "add", "--first-name", "Nydia", "--last-name", "Velázquez", "--email", "n@example.org"),
        *("--birthday", "1953-03-28", "--timezone", "America/New_York"),
    )

    ran = natalis("template", "preview", "--user", "n@example.org")

    assert "Nydia Velázquez" in ran.out
    assert ran.out.startswith("To: n@example.org\n")


def test_templates_are_listed_by_kind(natalis: Natalis) -> None:
    assert "birthday" in {row["kind"] for row in natalis("template", "list", "--json").rows}


def test_a_test_message_goes_through_the_provider(natalis: Natalis) -> None:
    ran = natalis("template", "send-test", "me@example.org", "--json")

    assert (ran.json["outcome"], ran.json["provider"]) == ("delivered", "console")
    assert "me@example.org  Hey" in ran.err


def test_an_unknown_kind_is_refused_with_the_known_ones(natalis: Natalis) -> None:
    ran = natalis("template", "preview", "brithday")

    assert ran.code == ExitCode.INVALID
    assert "birthday" in ran.err


@pytest.fixture
def set_aside(database: str) -> str:
    """Set someone aside, and return their id."""

    async def quarantine() -> str:
        settings = Settings(database_url=database)
        store = await open_store(settings, SystemClock(), instance="test", exclusive=False, busy=False)
        arrival = an_arrival(a_profile(timezone="Europe/Berlin"))
        await store.people.add([arrival])
        await store.plans.plan(
            until=NOON + timedelta(days=366),
            limit=10,
            now=NOON,
            decide=lambda found: [Quarantine(each, "nobody could plan this") for each in found],
        )
        await store.connection.close()
        return arrival.user.id

    return asyncio.run(quarantine())


def test_who_is_set_aside_is_listed_and_released(natalis: Natalis, set_aside: str) -> None:
    listed = natalis("quarantine", "list", "--json").rows
    released = natalis("quarantine", "release", set_aside, "--json")

    assert [(row["userId"], row["reason"]) for row in listed] == [(set_aside, "nobody could plan this")]
    assert released.json["fireAt"].endswith("-12-10T08:00:00Z")
    assert natalis("quarantine", "list", "--json").rows == []


def test_who_is_set_aside_is_released_by_address_too(natalis: Natalis, set_aside: str) -> None:
    (email,) = [row["email"] for row in natalis("user", "list", "--json").rows]

    assert natalis("quarantine", "release", email, "--json").json["userId"] == set_aside


def test_who_is_not_set_aside_cannot_be_released(natalis: Natalis, set_aside: str) -> None:
    natalis("quarantine", "release", set_aside)

    ran = natalis("quarantine", "release", set_aside)

    assert ran.code == ExitCode.NOT_FOUND
    assert "natalis quarantine list" in ran.err


@pytest.fixture
def summer_for_ever(clean: Path) -> Path:
    """Return a zone database in which Berlin has gone over to the time of Kaliningrad."""
    folder, package = clean / "tz", importlib.resources.files("tzdata") / "zoneinfo"
    (folder / "Europe").mkdir(parents=True)
    (folder / "version").write_text("2030a\n", encoding="ascii")
    for name in ("Berlin", "Kaliningrad"):
        (folder / "Europe" / name).write_bytes((package / "Europe" / "Kaliningrad").read_bytes())
    return folder


@pytest.mark.usefixtures("set_aside")
def test_a_newer_zone_database_is_previewed_without_moving_anyone(natalis: Natalis, summer_for_ever: Path) -> None:
    natalis(
        *("user", "add", "--first-name", "Zoë", "--last-name", "Groß", "--email", "z@example.org"),
        *("--birthday", "1990-12-24", "--timezone", "Europe/Berlin"),
    )

    moves = natalis("tz", "preview", "--folder", str(summer_for_ever), "--json").rows
    today = natalis("tz", "preview", "--json").rows

    assert [(move["timezone"], move["minutesLater"]) for move in moves] == [("Europe/Berlin", -60.0)]
    assert today == []


def test_a_folder_without_zones_is_refused(natalis: Natalis, clean: Path) -> None:
    assert natalis("tz", "preview", "--folder", str(clean / "nowhere"), "--release", "2030a").code == ExitCode.INVALID


@pytest.mark.usefixtures("database")
def test_applying_the_installed_zones_records_them(natalis: Natalis) -> None:
    ran = natalis("tz", "apply", "--json")

    assert ran.code == ExitCode.DONE
    assert ran.json["moved"] == 0


def test_settings_lists_every_one_with_its_value(natalis: Natalis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATALIS_PORT", "8080")

    rows = {row["name"]: row for row in natalis("settings", "--json").rows}

    assert rows.keys() == choices().keys()
    assert rows["port"]["value"] == "8080"


def test_a_settings_file_can_be_named(natalis: Natalis, clean: Path) -> None:
    (clean / "mine.toml").write_text("port = 8081\n", encoding="utf-8")

    rows = {row["name"]: row for row in natalis("--config", "mine.toml", "settings", "--json").rows}

    assert rows["port"]["value"] == "8081"


def test_wrong_settings_are_all_named_and_nothing_is_opened(
    natalis: Natalis, monkeypatch: pytest.MonkeyPatch, clean: Path
) -> None:
    monkeypatch.setenv("NATALIS_PORT", "many")
    monkeypatch.setenv("NATALIS_PROT", "1")

    ran = natalis("user", "list")

    assert ran.code == ExitCode.SETTINGS
    assert "NATALIS_PORT: 'many'" in ran.err
    assert "did you mean NATALIS_PORT" in ran.err
    assert not (clean / "natalis.db").exists()


@pytest.mark.parametrize("role", ["api", "planner", "dispatcher", "worker"])
def test_a_role_of_a_fleet_says_what_to_do_instead(role: str, natalis: Natalis) -> None:
    ran = natalis(role)

    assert ran.code == ExitCode.SETTINGS
    assert "natalis up" in ran.err
