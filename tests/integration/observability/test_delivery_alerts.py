"""What becomes late or is missed while a worker is away is told of, and how fast that spends the error budget.

A fleet of Natalis sends on time, until its worker is down or hangs and hours pass: all processes read clocks that are
set forward, so that nobody needs to wait. The rules are Natalis' own, in a hurry (see `conftest.py`).
The windows of the burn alerts are as they are shipped, hours and days: Prometheus has seen nothing before, and so they
hold what happened since. That an alert needs its whole window is tried by promtool, in tests/plimsoll/budget/rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from natalis.testing.servers.alertmanager import Alertmanager
from natalis.testing.servers.inbox import Inbox
from natalis.testing.servers.server import wait_until
from natalis.testing.stand_in import StandIn, answering
from natalis.testing.watched import Visitors, WatchedFleet, add_somebody

pytestmark = [pytest.mark.network, pytest.mark.slow]
PATIENCE: Final = timedelta(seconds=90)
HOUR: Final = timedelta(hours=1)
KINDS: Final = """
[kinds.birthday]
send_time = "12:00"
tolerance = "1h 30m"
lateness = "3h 30m"
"""
"""Where people are added it is between noon and one: what is due at once is on time, two hours later it is late, and
after four hours it is missed."""
BURN: Final = {"alertname": "ErrorBudgetBurn", "budget": "late"}
DELIVERED: Final = 'sum(queue_jobs_completed_total{status="delivered"})'
ACCEPTED: Final = b'{"success": true}'
"""What the provider answers."""
ON_TIME, FEW = range(10_000, 10_300), range(20_000, 20_008)
"""People by number. A few of all are more than one in a hundred, which the budget allows, and less than six."""


@pytest.fixture
def fleet(told_fleet: Callable[..., WatchedFleet], tmp_path: Path) -> Iterator[WatchedFleet]:
    """Start a fleet whose clocks we hold, and who watches it."""
    kinds = tmp_path / "natalis.toml"
    kinds.write_text(KINDS, encoding="utf-8")
    with StandIn(answering(body=ACCEPTED)) as provider:
        settings = {"NATALIS_PROVIDER_URL": provider.url, "NATALIS_CONFIG": str(kinds)}
        with told_fleet(settings=settings, skewable=True) as fleet:
            yield fleet


def test_what_a_worker_that_was_away_sends_late_or_misses_is_told(
    fleet: WatchedFleet, manager: Alertmanager, inbox: Inbox, faults: Callable[[], list[str]]
) -> None:
    worker = fleet.process("worker")
    await_count(fleet, DELIVERED, 1)  # of a counter's first value nobody knows when it came
    add_people(fleet, ON_TIME)
    await_count(fleet, DELIVERED, len(ON_TIME))

    worker.pause()
    add_people(fleet, FEW)
    fleet.set_clocks_off(2 * HOUR)
    worker.resume()
    assert wait_until(lambda: "warning" in told_of_the_burn(inbox), PATIENCE)
    assert told_of_the_burn(inbox) == {"warning"}

    worker.kill()
    with Visitors(fleet.api):
        worker.start()
        inbox.await_told(PATIENCE, warning={"DeliveriesLate"})
        assert wait_until(lambda: "critical" in told_of_the_burn(inbox), PATIENCE)
        worker.kill()
        fleet.set_clocks_off(4 * HOUR)
        inbox.await_told(PATIENCE, critical={"DeliveriesMissed"})

    assert {**BURN, "severity": "warning"}.items() <= next(kept_quiet(manager)).items()
    assert faults() == []


def add_people(fleet: WatchedFleet, numbers: range) -> None:
    """Add people whose message is due at once."""
    with ThreadPoolExecutor(8) as crowd:
        added = list(crowd.map(lambda number: add_somebody(fleet.api, number), numbers))
    assert None not in added


def await_count(fleet: WatchedFleet, expression: str, least: float) -> None:
    """Wait until Prometheus has counted so many."""
    assert wait_until(lambda: any(each.value >= least for each in fleet.prometheus.query(expression)), PATIENCE)


def told_of_the_burn(inbox: Inbox) -> set[str]:
    """Return who was told that the budget of late messages is spent too fast."""
    return {who for who, alert in inbox.alerts() if BURN.items() <= alert["labels"].items()}


def kept_quiet(manager: Alertmanager) -> Iterator[dict[str, str]]:
    """Yield the labels of the alerts on that budget which a graver one keeps quiet."""
    inhibited = (each["labels"] for each in manager.alerts() if each["status"]["inhibitedBy"])
    yield from (labels for labels in inhibited if BURN.items() <= labels.items())
