"""Promise: the roles of a fleet look after the database they share, and go on without what they do not need."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from natalis.testing.machine import Machine, fetched, first_answer
from natalis.testing.servers import ports
from natalis.testing.servers.postgres import PostgresDatabase
from natalis.testing.servers.server import wait_until

pytestmark = pytest.mark.network
PATIENCE = timedelta(seconds=30)


@pytest.fixture
def fleet(machine: Machine, migrated: PostgresDatabase) -> Machine:
    """A machine whose settings name a database, and a broker that is away."""
    machine.settings |= {"DATABASE_URL": migrated.url, "QUEUE_URL": "amqp://127.0.0.1:1/x", "METRICS_PORT": "0"}
    return machine


def _months(database: PostgresDatabase) -> set[str]:
    names = database.sql("select relname from pg_class where relname ~ '^deliveries_\\d{4}_\\d\\d$'")
    return {name.removeprefix("deliveries_") for name in names.split()}


def _soon(holds: Callable[[], bool]) -> bool:
    return wait_until(holds, PATIENCE)


def test_a_planner_has_the_months_that_come_made_ahead(fleet: Machine, migrated: PostgresDatabase) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the process under test runs on the real clock
    coming = {(now + timedelta(days=days)).strftime("%Y_%m") for days in (0, 31, 62)}

    with fleet.running("planner", "--json") as planner:
        first_answer(planner)
        assert _soon(lambda: coming <= _months(migrated)), _months(migrated)
        assert _soon(lambda: "upkeep of the store: made " in (fleet.folder / "up.log").read_text())


def test_a_planner_lets_go_of_what_is_past_its_retention_and_of_nothing_else(
    fleet: Machine, migrated: PostgresDatabase
) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - as above
    last_year = (now - timedelta(days=300)).replace(day=1)
    migrated.sql(f"select make_month('2020-01-01'), make_month('{last_year:%Y-%m-01}')")
    fleet.settings["NATALIS_KEEP_DELIVERIES"] = "366d"

    with fleet.running("planner", "--json") as planner:
        first_answer(planner)
        assert _soon(lambda: "2020_01" not in _months(migrated)), _months(migrated)

    assert f"{last_year:%Y_%m}" in _months(migrated)


def test_without_a_retention_everything_is_kept(fleet: Machine, migrated: PostgresDatabase) -> None:
    migrated.sql("select make_month('2020-01-01')")

    with fleet.running("planner", "--json") as planner:
        first_answer(planner)
        assert _soon(lambda: len(_months(migrated)) > 2)

    assert "2020_01" in _months(migrated)


def test_a_planner_tells_how_many_people_live_and_an_api_does_not(fleet: Machine) -> None:
    fleet.run("seed", "30")
    port = ports.reserve()

    with fleet.running("planner", "--json", "--metrics-port", str(port.number)) as planner:
        scraped = first_answer(planner)["metrics"]
        assert _soon(lambda: _metric(scraped, "active_users_total") == 30)

    with fleet.running("api", "--json", "--metrics-port", str(port.number)) as api:
        scraped = first_answer(api)["metrics"]
        assert _soon(lambda: _metric(scraped, "deliveries_pending") == 0)
        assert _metric(scraped, "active_users_total") in {None, 0}
    port.release()


def test_an_api_takes_people_in_while_the_broker_is_away(fleet: Machine) -> None:
    with fleet.running("api", "--json") as api:
        url = first_answer(api)["api"]
        body = {"firstName": "Ada", "lastName": "B", "email": "a@example.org", "birthdayDate": "1990-01-01"}
        posted = _posted(f"{url}/user", body | {"timezone": "Etc/UTC"})
        ready = fetched(f"{url}/ready")

    assert posted["email"] == "a@example.org"
    assert {each["state"] for each in ready["dependencies"]} == {"ready"}


def _metric(url: str, name: str) -> float | None:
    with urllib.request.urlopen(url, timeout=10) as answer:
        found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)
    return float(found[1]) if found else None


def _posted(url: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)
