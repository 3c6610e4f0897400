"""Prometheus and Alertmanager as tests are given them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from natalis.testing.servers.alertmanager import Alertmanager
from natalis.testing.servers.asking import Refused
from natalis.testing.servers.programs import ProgramFailed
from natalis.testing.servers.prometheus import Prometheus
from natalis.testing.servers.server import wait_until

pytestmark = pytest.mark.network

_ITSELF = """\
global: {scrape_interval: 200ms, evaluation_interval: 200ms}
rule_files: [rules.yaml]
scrape_configs: [{job_name: itself, static_configs: [{targets: ["127.0.0.1:${PORT}"]}]}]
"""
_RULES = "groups: [{name: all, rules: [{alert: Here, expr: up == 1, labels: {severity: warning}}]}]"
_TOLD = """\
route: {receiver: others, routes: [{receiver: awake, matchers: [severity="critical"]}]}
receivers: [{name: others}, {name: awake}]
"""
_PATIENCE = timedelta(seconds=30)


def test_prometheus_scrapes_evaluates_and_answers(prometheus: Callable[..., Prometheus]) -> None:
    server = prometheus(_ITSELF, {"rules.yaml": _RULES})

    assert wait_until(lambda: [each["labels"]["alertname"] for each in server.alerts()] == ["Here"], _PATIENCE)
    assert [(sample.labels["job"], sample.value) for sample in server.query("up")] == [("itself", 1.0)]
    assert [target["health"] for target in server.targets()] == ["up"]
    assert [rule["health"] for rule in server.rules()] == ["ok"]


def test_it_reads_its_rules_again_when_told(prometheus: Callable[..., Prometheus]) -> None:
    server = prometheus(_ITSELF, {"rules.yaml": _RULES})

    server.configure(_ITSELF, {"rules.yaml": _RULES.replace("Here", "There")})
    server.reload()

    assert [rule["name"] for rule in server.rules()] == ["There"]


def test_a_configuration_that_it_refuses_is_refused_with_the_reason(prometheus: Callable[..., Prometheus]) -> None:
    server = prometheus(_ITSELF, {"rules.yaml": _RULES})

    server.configure("scrape_konfigs: []")

    with pytest.raises(ProgramFailed, match="scrape_konfigs"):
        server.check()
    with pytest.raises(Refused, match="scrape_konfigs"):
        server.reload()


def test_alertmanager_takes_alerts_and_knows_whom_they_are_for(alertmanager: Callable[..., Alertmanager]) -> None:
    server = alertmanager(_TOLD)

    server.post({"labels": {"alertname": "Down", "severity": "critical"}})

    assert [alert["receivers"] for alert in server.alerts()] == [[{"name": "awake"}]]
    assert server.receivers_of(severity="warning") == ["others"]


def test_a_configuration_without_its_receiver_is_refused(alertmanager: Callable[..., Alertmanager]) -> None:
    server = alertmanager(_TOLD)

    server.configure(_TOLD.replace("{name: awake}", "{name: asleep}"))

    with pytest.raises(ProgramFailed, match="awake"):
        server.check()
