"""Promise: what goes wrong in a role is reported where the settings say so, and names nobody."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from natalis import __version__
from natalis.testing.machine import Machine, first_answer
from natalis.testing.servers.listening import Listener
from natalis.testing.servers.server import wait_until

pytestmark = pytest.mark.network
PATIENCE = timedelta(seconds=60)


def test_a_role_reports_an_error_without_who_it_was_for(machine: Machine) -> None:
    with Listener() as sentry:
        machine.settings["SENTRY_DSN"] = f"http://public@127.0.0.1:{sentry.port}/7"
        machine.settings["SENTRY_ENVIRONMENT"] = "test"
        with machine.running("up", "--json") as process:
            api = first_answer(process)["api"]
            with closing(sqlite3.connect(machine.database)) as database, database:
                database.execute("ALTER TABLE users RENAME COLUMN email TO address")
            with pytest.raises(urllib.error.HTTPError, match="503"):
                added(api)
            arrived = wait_until(lambda: bool(errors(sentry)), PATIENCE)

    assert arrived
    event = errors(sentry)[0]
    assert (event["environment"], event["release"]) == ("test", f"natalis@{__version__}")
    assert event["exception"]["values"][-1]["type"] == "StoreUnavailable"
    assert event["tags"]["http.request.id"]
    assert "ada@example.org" not in str(errors(sentry))


def added(api: str) -> None:
    """Add somebody."""
    name = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
    body = json.dumps({**name, "birthdayDate": "1990-02-03", "timezone": "Europe/London"}).encode()
    request = urllib.request.Request(f"{api}/user", body, {"Content-Type": "application/json"}, method="POST")
    urllib.request.urlopen(request, timeout=30).close()


def errors(sentry: Listener) -> list[dict[str, Any]]:
    found = []
    for posted in list(sentry.posted):
        _, head, content, *_ = posted.content.split(b"\n")
        if json.loads(head)["type"] == "event":
            found.append(json.loads(content))
    return found
