"""What these tests share: a fleet that is watched, Natalis' budgets in a hurry, and who is told of what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from natalis.testing.servers import ports
from natalis.testing.servers.alertmanager import Alertmanager
from natalis.testing.servers.inbox import Inbox
from natalis.testing.servers.postgres import PostgresPair
from natalis.testing.servers.redis import RedisServer
from natalis.testing.watched import WatchedFleet
from plimsoll.budget.alertmanager import configuration
from plimsoll.budget.file.amounts import Amount, Unit
from plimsoll.budget.file.model import Budget, BudgetFile, Watch
from plimsoll.budget.file.reading import read_file
from plimsoll.budget.file.routing import Receiver, Routing, Webhook
from plimsoll.budget.rules.rendered import rules

ROOT: Final = Path(__file__).resolve().parents[3]
HURRY: Final = 120
RATE: Final = Amount(5, Unit.SECONDS, "5s")
GROUPED: Final = ("alertname", "cluster", "service")


@pytest.fixture
def observability() -> Path:
    """The folder `deploy/observability`."""
    return ROOT / "deploy" / "observability"


@pytest.fixture
def natalis() -> BudgetFile:
    """Natalis' budgets as they are shipped."""
    return read_file(ROOT / "perf" / "plimsoll.yaml")


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as found:
        yield found


@pytest.fixture
def budgets(natalis: BudgetFile, inbox: Inbox) -> BudgetFile:
    """Natalis' budgets in a hurry, with a receiver of each severity that we look into.

    They look back on five seconds where they look back on five minutes, and where they wait for ten minutes they wait
    for five seconds. Who is told waits for a second instead of ten.
    """
    critical, warning = (Receiver(webhook=Webhook(f"{inbox.url}/{name}")) for name in ("critical", "warning"))
    one = Amount(1, Unit.SECONDS, "1s")
    return msgspec.structs.replace(
        natalis,
        watch=msgspec.structs.replace(natalis.watch or Watch(), rate=RATE),
        budgets=tuple(map(_hurried, natalis.budgets)),
        routing=Routing(critical, warning, wait=one, interval=one),
    )


def _hurried(budget: Budget) -> Budget:
    if budget.alert is None:
        return budget
    waits = Amount(max(1.0, budget.alert.lasts.value / HURRY), Unit.SECONDS, "hurried")
    return msgspec.structs.replace(budget, alert=msgspec.structs.replace(budget.alert, lasts=waits))


@pytest.fixture
def watched_fleet(observability: Path, postgres_pair: PostgresPair, redis: RedisServer) -> Callable[..., WatchedFleet]:
    """Makes a fleet over fresh servers and Prometheus as it is shipped; takes what `WatchedFleet` does."""
    return partial(WatchedFleet, observability, postgres_pair, redis)


@pytest.fixture
def manager(alertmanager: Callable[..., Alertmanager], budgets: BudgetFile) -> Alertmanager:
    """Alertmanager as it is rendered, which tells the inbox."""
    return alertmanager(configuration(budgets))


@pytest.fixture
def told_fleet(
    watched_fleet: Callable[..., WatchedFleet], budgets: BudgetFile, manager: Alertmanager
) -> Callable[..., WatchedFleet]:
    """Makes a fleet of whose alerts the inbox is told, by the rules in a hurry; takes what `WatchedFleet` does."""
    recorded = {"natalis.rules.yaml": rules(budgets, every=1)}
    return partial(watched_fleet, rules=recorded, alertmanager=f"{ports.LOOPBACK}:{manager.port}")


@pytest.fixture
def faults(inbox: Inbox) -> Callable[[], list[str]]:
    """Returns what the alerts lack that came to the inbox, and which of them were not told of together."""

    def find() -> list[str]:
        apart = [f"{body['groupLabels']}: told together" for _, body in inbox.messages() if not _is_one_group(body)]
        return apart + [fault for who, alert in inbox.alerts() for fault in _faults_of(who, alert)]

    return find


def _is_one_group(body: Any) -> bool:
    groups = [{name: each["labels"].get(name) for name in GROUPED} for each in body["alerts"]]
    return all(each == body["groupLabels"] for each in groups)


def _faults_of(who: str, alert: Any) -> Iterator[str]:
    """Yield what an alert lacks: the receiver of its severity, its labels, its texts, and a page that is there."""
    labels, texts = alert["labels"], alert["annotations"]
    page = ROOT / "docs/runbooks/alerts" / f"{labels['alertname']}.md"
    right = {
        "receiver": labels["severity"] == who,
        "labels": {"service", "budget", "cluster"} <= labels.keys() and labels["service"] == "natalis",
        "texts": texts["summary"].startswith("natalis: ") and len(texts["description"]) > len("It is wrong."),
        "page": texts["runbook_url"].endswith(f"/alerts/{page.stem}.html") and page.is_file(),
    }
    yield from (f"{labels['alertname']}: {what}" for what, is_so in right.items() if not is_so)
