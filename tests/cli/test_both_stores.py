"""Every command says the same on SQLite and on PostgreSQL, but for ids and the instants at which things were done."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from natalis.cli.app import SECTIONS
from natalis.clocks.system import SystemClock
from natalis.domain.delivery import Delivery
from natalis.domain.planning import Quarantine
from natalis.runtime.adapters import open_store
from natalis.runtime.settings import Settings
from natalis.testing.builders import NOON
from natalis.testing.command_line import Natalis
from natalis.testing.servers.postgres import PostgresDatabase

pytestmark = pytest.mark.network
PEOPLE = """first name,last name,email,birthday,timezone,anniversary
Ada,Byron,ada@example.org,1815-12-10,Europe/London,
Zoë,Müller,zoe@example.org,1996-02-29,Europe/Berlin,2015-05-01
Aroha,Ngata,aroha@example.org,1990-06-15,Pacific/Auckland,
Bob,Brown,bob@example.org,1991-02-29,Europe/London,
"""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_WHEN_OR_WHO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z|\b(?<=on )[\w.-]+-[0-9a-f]{8}\b")
_OWN = frozenset(
    {"createdAt", "updatedAt", "since", "workerId", "startedAt", "finishedAt", "dueAt", "secret", "database", "traceId"}
)
"""What differs by the instant at which a command was run."""
ANY_DAY = ("--birthday", "1990-01-01", "--timezone", "Etc/UTC")


class _Transcript:
    """Runs commands and writes down what they came to, with ids replaced by the order in which they came up."""

    def __init__(self, natalis: Natalis) -> None:
        self._natalis = natalis
        self._ids: dict[str, str] = {}
        self.lines: list[object] = []

    def __call__(self, *arguments: str) -> list[dict[str, Any]]:
        ran = self._natalis(*arguments, "--json")
        self.lines.append([*map(self._named, arguments), int(ran.code)])
        self.lines += [self._same(row) for row in ran.rows if row.get("name") != "database_url"]
        self.lines.append(self._named(ran.err))
        return ran.rows

    def _same(self, value: object) -> object:
        match value:
            case dict():
                return {key: "…" if key in _OWN and each else self._same(each) for key, each in value.items()}
            case list():
                return [self._same(each) for each in value]
            case str():
                return self._named(value)
            case _:
                return value

    def _named(self, text: str) -> str:
        named = _ID.sub(lambda found: self._ids.setdefault(found[0], f"id-{len(self._ids) + 1}"), text)
        return _WHEN_OR_WHO.sub("…", named)


@dataclass(frozen=True)
class Stage:
    """Where a scene is played: commands are run in a folder, on the database at an address."""

    run: Callable[..., list[dict[str, Any]]]
    folder: Path
    url: str
    greet: Callable[[str], Delivery]

    def import_people(self, *options: str) -> None:
        """Import them one by one: those who come in the same millisecond have no order."""
        header, *rows = PEOPLE.splitlines()
        for number, row in enumerate(rows):
            (self.folder / f"{number}.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
            self.run("import", f"{number}.csv", *options)


Scene: TypeAlias = Callable[[Stage], None]


def people(stage: Stage) -> None:
    """Come, be seen, leave."""
    stage.import_people("--dry-run")
    stage.import_people()
    stage.import_people()
    stage.run("user", "add", *("--first-name", "Ada", "--last-name", "B", "--email", "ADA@example.org"), *ANY_DAY)
    stage.run("user", "list", "--limit", "2")
    stage.run("user", "list", "--email", "zoe@example.org")
    stage.run("user", "show", "zoe@example.org")
    for nobody in ("nobody@example.org", "0190c3f2-7c41-7000-8000-000000000001", "not-an-id"):
        stage.run("user", "show", nobody)
    stage.run("user", "remove", "ada@example.org")
    stage.run("user", "remove", "ada@example.org")
    stage.run("user", "remove", "zoe@example.org", "--erase", "--yes")
    stage.run("user", "list")


def messages(stage: Stage) -> None:
    """Ask what will be sent, and why."""
    stage.import_people()
    stage.run("upcoming", "--days", "366")
    stage.run("upcoming", "--days", "366", "--timezone", "Europe/Berlin")
    stage.run("forecast", "2027-02-28")
    stage.run("forecast", "2027-05-01")
    stage.run("why", "zoe@example.org", "2027")
    stage.run("why", "nobody@example.org", "2027")
    stage.run("template", "preview", "birthday", "--user", "zoe@example.org")
    stage.run("template", "list")


def deliveries(stage: Stage) -> None:
    """See what became of one that was refused, and have it sent after all."""
    stage.greet(stage.url)
    (one,) = stage.run("deliveries", "list")
    stage.run("deliveries", "list", "--status", "sent")
    stage.run("deliveries", "list", "--status", "failed", "--kind", "birthday", "--user", one["userId"])
    stage.run("deliveries", "list", "--from", one["occasionDate"], "--to", one["occasionDate"])
    stage.run("deliveries", "show", one["id"])
    stage.run("why", "ada@example.org", one["occasionDate"][:4])
    stage.run("deliveries", "replay", "--status", "failed")
    stage.run("deliveries", "cancel", one["id"])
    stage.run("deliveries", "retry", one["id"])
    stage.run("deliveries", "show", "0190c3f2-7c41-7000-8000-000000000001:birthday:2026-02-28")


def lists(stage: Stage) -> None:
    """Keep the small lists: tokens, addresses that must not be written to."""
    for name in ("hr", "hr", "console"):
        stage.run("token", "create", name, "--scope", "write")
    stage.run("token", "list")
    stage.run("token", "revoke", "hr")
    stage.run("token", "revoke", "hr")
    stage.run("suppress", "add", "Zoe@example.org", "--reason", "bounced")
    stage.run("suppress", "add", "zoe@example.org")
    stage.run("suppress", "list")
    stage.run("suppress", "remove", "zoe@example.org")
    stage.run("suppress", "remove", "zoe@example.org")


def upkeep(stage: Stage) -> None:
    """Look after the database: zones, people set aside."""
    stage.import_people()
    asyncio.run(_set_everybody_aside(stage.url))
    listed = stage.run("quarantine", "list")
    stage.run("quarantine", "release", listed[0]["userId"])
    stage.run("quarantine", "release", listed[0]["userId"])
    stage.run("seed", "50")
    stage.run("tz", "preview")
    stage.run("tz", "apply")
    stage.run("tz", "preview")
    stage.run("settings")


@pytest.fixture
def perform(
    natalis: Natalis, clean: Path, greet: Callable[[str], Delivery], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Scene, str], list[object]]:
    """What plays a scene on the database at an address, and returns what was said."""

    def play(scene: Scene, url: str) -> list[object]:
        monkeypatch.setenv("DATABASE_URL", url)
        transcript = _Transcript(natalis)
        scene(Stage(transcript, clean, url, greet))
        return transcript.lines

    return play


@pytest.mark.parametrize("scene", [people, messages, deliveries, lists, upkeep], ids=lambda scene: str(scene.__name__))
def test_a_scene_plays_alike(
    perform: Callable[[Scene, str], list[object]], clean: Path, migrated: PostgresDatabase, scene: Scene
) -> None:
    on_sqlite = perform(scene, f"sqlite:{clean / 'natalis.db'}")
    on_postgres = perform(scene, migrated.url)

    assert len(on_sqlite) > 10
    assert on_postgres == on_sqlite


def test_the_commands_that_play_are_all_that_touch_the_database() -> None:
    played = {"import", "user", "upcoming", "forecast", "why", "template", "deliveries", "token", "suppress"}
    played |= {"seed", "tz", "quarantine", "settings"}
    looked_at_elsewhere = {"doctor", "migrate"}
    need_none = {"demo", "up", "mock-provider", "completion"}

    known = {name for section in SECTIONS.values() for name in section}
    assert known - played - looked_at_elsewhere == need_none


@pytest.mark.usefixtures("database")
def test_a_command_needs_few_connections(natalis: Natalis, clean: Path) -> None:
    rows = "".join(f"Ada,B{number},b{number}@example.org,1990-01-01,Etc/UTC,\n" for number in range(3000))
    (clean / "people.csv").write_text(PEOPLE.splitlines()[0] + "\n" + rows, encoding="utf-8")

    assert natalis("import", "people.csv", "--json").json["added"] == 3000  # four are all there are: see `database`


async def _set_everybody_aside(url: str) -> None:
    store = await open_store(Settings(database_url=url), SystemClock(), instance="test", exclusive=False, busy=False)
    await store.plans.plan(
        until=NOON.replace(year=2100),
        limit=1000,
        now=NOON,
        decide=lambda found: [Quarantine(each, "nobody could plan this") for each in found],
    )
    await store.connection.close()
