"""A fleet that is watched: its processes, the exporters beside it, and Prometheus as it is shipped."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import yaml

from natalis.testing.chaos.fleet import Process
from natalis.testing.servers import ports
from natalis.testing.servers.exporters import (
    BlackboxExporter,
    Exporter,
    NodeExporter,
    PostgresExporter,
    RedisExporter,
    WatchedRabbitMQ,
)
from natalis.testing.servers.postgres import PostgresPair
from natalis.testing.servers.prometheus import Prometheus
from natalis.testing.servers.redis import RedisServer

ROLES: Final = ("api", "planner", "dispatcher", "worker")
PRICES: Final = "cpu_second=0.0000112, gb_hour=0.0045, instance_hour=0.1"
_WATCHING: Final = "observability"
"""The job of those who watch: not all of them can be started here."""
_EXEMPLARS: Final = "--enable-feature=exemplar-storage"
"""As Compose starts it."""
_BETWEEN_VISITS: Final = 0.02  # seconds
_PATIENCE: Final = 10.0  # seconds


class WatchedFleet:
    """One process of each role over real servers, exporters, and Prometheus, which scrapes all of them.

    Args:
        observability: The folder `deploy/observability`.
        database: An empty database, with its replica.
        redis: A running server.
        beside: Further targets by their jobs.
        rules: Files of rules by name, for Prometheus.
        every: How often everything is scraped and all rules are evaluated.
        settings: What the processes are told besides.
        alertmanager: The address, as host and port, of who is told of alerts.
        skewable: Whether its clocks can be set off; if not the processes are the command that everybody runs.
    """

    def __init__(
        self,
        observability: Path,
        database: PostgresPair,
        redis: RedisServer,
        *,
        beside: Mapping[str, Sequence[str]] | None = None,
        rules: Mapping[str, str] | None = None,
        every: str = "1s",
        settings: Mapping[str, str] | None = None,
        alertmanager: str | None = None,
        skewable: bool = False,
    ) -> None:
        self._observability = observability
        self._database = database
        self._redis = redis
        self._beside = beside or {}
        self._rules = rules or {}
        self._every = every
        self._settings = settings or {}
        self._alertmanager = alertmanager
        self._skewable = skewable
        self._running = ExitStack()
        self._processes: dict[str, Process] = {}
        self._exporters: dict[str, Exporter] = {}

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            self._rabbitmq = starting.enter_context(WatchedRabbitMQ())
            settings = {
                "DATABASE_URL": self._database.primary.url,
                "DATABASE_REPLICA_URL": self._database.replica.url,
                "QUEUE_URL": self._rabbitmq.create_vhost().url,
                "REDIS_URL": self._redis.url,
                "NATALIS_PRICES": PRICES,
                **self._settings,
            }
            self._processes = {role: Process(role, settings, skewable=self._skewable) for role in ROLES}
            self._exporters = {
                "node": NodeExporter(),
                "postgres": PostgresExporter(self._database.primary.server),
                "redis": RedisExporter(self._redis),
                "blackbox": BlackboxExporter(self._observability / "blackbox" / "blackbox.yaml"),
            }
            beside = [*self._processes.values(), *self._exporters.values()]
            for each in beside:
                starting.callback(each.close)
            self._processes["api"].start()
            add_somebody(self.api, 0)  # before the planner counts people for a long while
            for each in beside:
                if not each.is_running:
                    each.launch()
            for each in beside:
                each.await_ready()
            self.prometheus = starting.enter_context(Prometheus(self._configuration(), self._rules, _EXEMPLARS))
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    @property
    def api(self) -> str:
        """Where the API is."""
        return self._processes["api"].url

    def process(self, role: str) -> Process:
        """Return the process of a role, to be killed and started again."""
        return self._processes[role]

    def set_clocks_off(self, by: timedelta) -> None:
        """Have it be so much later for every process of it, at once; it was made skewable."""
        for process in self._processes.values():
            if process.hand is None:
                raise ValueError("the fleet's clocks are the machine's: make it skewable")
            process.hand.set_off(by)

    def _configuration(self) -> str:
        targets = {
            **{f"natalis-{role}": [f"{ports.LOOPBACK}:{each.port}"] for role, each in self._processes.items()},
            **{job: [each.target] for job, each in self._exporters.items()},
            "rabbitmq": [self._rabbitmq.target],
            "blackbox": [f"{self.api}/ready"],
        }
        text = (self._observability / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
        prober = self._exporters["blackbox"].target
        made = scraping(text, targets, self._beside, every=self._every, rules=list(self._rules), prober=prober)
        told = [{"static_configs": [{"targets": [self._alertmanager]}]}] if self._alertmanager else []
        return f"{made}alerting: {json.dumps({'alertmanagers': told})}\n"


def scraping(
    shipped: str,
    targets: Mapping[str, Sequence[str]],
    beside: Mapping[str, Sequence[str]],
    *,
    every: str,
    rules: Sequence[str],
    prober: str,
) -> str:
    """Return the shipped scrape configuration with the targets of this machine in the place of its own.

    Args:
        shipped: Its text.
        targets: Of each of its jobs but that of those who watch.
        beside: Targets of further jobs.
        every: How often everything is scraped.
        rules: The files of rules that there are.
        prober: Where the blackbox exporter is.

    Raises:
        KeyError: It has a job that has no targets here.
    """
    made: dict[str, Any] = yaml.safe_load(shipped)
    made["global"] |= {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every}
    made["rule_files"] = list(rules)
    made.pop("alerting")
    jobs = [each for each in made["scrape_configs"] if each["job_name"] != _WATCHING]
    for job in jobs:
        for key in ("scrape_interval", "scrape_timeout", "dns_sd_configs", "static_configs"):
            job.pop(key, None)
        job["static_configs"] = [{"targets": list(targets[job["job_name"]])}]
        for rule in job.get("relabel_configs", ()):
            if rule["target_label"] == "__address__":
                rule["replacement"] = prober
    further = [{"job_name": job, "static_configs": [{"targets": list(those)}]} for job, those in beside.items()]
    made["scrape_configs"] = [*jobs, *further]
    return yaml.safe_dump(made, sort_keys=False)


class Visitors:
    """Somebody who uses the API without a pause: adds people whose day is today, looks at them, and errs.

    Args:
        api: Its address.
    """

    def __init__(self, api: str) -> None:
        self._api = api
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._visit, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._enough.set()
        self._thread.join()

    def _visit(self) -> None:
        for number in count(1):
            if self._enough.wait(_BETWEEN_VISITS):
                return
            added = add_somebody(self._api, number)
            if added is not None:
                for path in (f"/user/{added['id']}", f"/user/{added['id']}/deliveries", "/user/nobody", "/ready"):
                    _ask(f"{self._api}{path}")


def add_somebody(api: str, number: int) -> Any:
    """Add a person whose day is today; return what the API says, None where it refuses."""
    return _ask(f"{api}/user", _somebody(number))


def _ask(url: str, body: Mapping[str, str] | None = None) -> Any:
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, {"Content-Type": "application/json"})  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - as above
            return json.load(answer)
    except OSError:
        return None  # an answer too, and counted by the API


def _somebody(number: int) -> Mapping[str, str]:
    """Return somebody who is to be greeted at once: where they live it is about noon of their day."""
    now = datetime.now(UTC)  # noqa: TID251 - the processes under test run on the real clock
    east = 12 - now.hour
    zone = f"Etc/GMT{'-' if east >= 0 else '+'}{abs(east)}" if east else "Etc/GMT"
    return {
        "firstName": "Ada",
        "lastName": f"Number {number}",
        "email": f"ada-{number}@example.org",
        "birthdayDate": f"1992-{now:%m-%d}",
        "timezone": zone,
    }
