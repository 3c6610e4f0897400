"""The rendered configuration on a real Alertmanager: who is told, what is told together, and what is kept quiet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from natalis.testing.servers.alertmanager import Alertmanager
from natalis.testing.servers.inbox import Inbox
from natalis.testing.servers.server import wait_until
from plimsoll.budget.alertmanager import configuration
from plimsoll.budget.file.reading import read_text

pytestmark = pytest.mark.network
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PATIENCE = timedelta(seconds=60)


@pytest.fixture
def manager(alertmanager: Callable[..., Alertmanager], inbox: Inbox, tmp_path: Path) -> Alertmanager:
    """Alertmanager as it is rendered; a group waits for one second, to spare the test ten."""
    (tmp_path / "slack-url").write_text(f"{inbox.url}/slack", encoding="utf-8")
    (tmp_path / "key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
    file = read_text(f"""
service: {{name: shop}}
routing:
  wait: 1s
  interval: 1s
  critical:
    pagerduty: {{routing_key_file: {tmp_path}/key, url: "{inbox.url}/pagerduty"}}
    slack: {{channel: "#critical", url_file: {tmp_path}/slack-url}}
  warning:
    slack: {{channel: "#warning", url_file: {tmp_path}/slack-url}}
    webhook: {{url: "{inbox.url}/program"}}
""")
    return alertmanager(configuration(file))


def alert(name: str, severity: str, **labels: str) -> dict[str, Any]:
    """Make an alert that begins now."""
    told = {"alertname": name, "severity": severity, "service": "shop", **labels}
    words = {"summary": f"{name} of {labels}", "description": "what it means", "runbook_url": f"https://x/{name}"}
    return {"labels": told, "annotations": words}


def ended(begun: dict[str, Any]) -> dict[str, Any]:
    """Return an alert that began long ago, over."""
    return {**begun, "startsAt": LONG_AGO.isoformat(), "endsAt": (LONG_AGO + timedelta(seconds=1)).isoformat()}


def names(messages: list[Any]) -> set[str]:
    return {each["labels"]["alertname"] for message in messages for each in message["alerts"]}


def test_critical_wakes_pagerduty_and_the_critical_channel_and_warning_neither(
    manager: Alertmanager, inbox: Inbox
) -> None:
    manager.post(alert("Down", "critical"), alert("Slow", "warning"))

    assert wait_until(
        lambda: len(inbox.of("slack")) == 2 and bool(inbox.of("pagerduty")) and bool(inbox.of("program")), PATIENCE
    )

    page = inbox.of("pagerduty")[0]
    assert page["event_action"] == "trigger"
    assert page["payload"]["severity"] == "critical"
    assert page["payload"]["summary"].startswith("Down shop: Down of")
    channels = {message["channel"]: message["attachments"][0] for message in inbox.of("slack")}
    assert channels["#critical"]["title"] == "[FIRING:1] Down shop"
    assert channels["#warning"]["title"] == "[FIRING:1] Slow shop"
    assert "<https://x/Slow|Runbook>" in channels["#warning"]["text"]
    assert names(inbox.of("program")) == {"Slow"}


def test_alerts_of_one_name_and_service_are_told_together_and_those_of_another_apart(
    manager: Alertmanager, inbox: Inbox
) -> None:
    manager.post(
        alert("Slow", "warning", endpoint="pay"),
        alert("Slow", "warning", endpoint="look"),
        alert("Slow", "warning", service="bank"),
    )

    assert wait_until(lambda: len(inbox.of("program")) == 2, PATIENCE)

    together = {
        tuple(sorted(each["labels"].get("endpoint", "") for each in one["alerts"])) for one in inbox.of("program")
    }
    assert together == {("look", "pay"), ("",)}


def test_a_critical_alert_keeps_the_warning_of_its_own_budget_quiet_until_it_ends(
    manager: Alertmanager, inbox: Inbox
) -> None:
    fast = alert("Burn", "critical", budget="latency")
    manager.post({**fast, "startsAt": LONG_AGO.isoformat()})
    assert wait_until(lambda: bool(inbox.of("pagerduty")), PATIENCE)

    manager.post(alert("Burn", "warning", budget="latency"), alert("Burn", "warning", budget="errors"))
    assert wait_until(lambda: bool(inbox.of("program")), PATIENCE)

    budgets = [each["labels"]["budget"] for message in inbox.of("program") for each in message["alerts"]]
    assert budgets == ["errors"]
    quiet = [each["labels"]["budget"] for each in manager.alerts() if each["status"]["inhibitedBy"]]
    assert quiet == ["latency"]

    manager.post(ended(fast))
    assert wait_until(lambda: any(len(message["alerts"]) == 2 for message in inbox.of("program")), PATIENCE)
