"""Alertmanager's configuration, and a test of its routes: whom each alert reaches, and which one keeps others quiet.

What is written is understood from Alertmanager 0.25 on.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from plimsoll.budget.alerts import Told, alerts_of
from plimsoll.budget.file.amounts import Amount, Unit
from plimsoll.budget.file.model import BudgetFile, Severity
from plimsoll.budget.file.outputs import Artefact, Kind, Places, mark
from plimsoll.budget.file.routing import Email, PagerDuty, Receiver, Routing, Slack, Webhook
from plimsoll.budget.promql import duration

SAME: Final = ("alertname", "service", "budget", "endpoint", "cluster")
"""Labels in which a critical alert and the warning that it keeps quiet agree; those that neither has count as equal."""
_TEN_SECONDS: Final = Amount(10, Unit.SECONDS, "10s")
_HALF_A_DAY: Final = Amount(43_200, Unit.SECONDS, "12h")
_DEFAULTS: Final = {
    Severity.CRITICAL: Receiver(pagerduty=PagerDuty(), slack=Slack("#alerts-critical")),
    Severity.WARNING: Receiver(slack=Slack("#alerts")),
}
_TITLE: Final = (
    '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]'
    " {{ .CommonLabels.alertname }} {{ .CommonLabels.service }}"
)
_TEXT: Final = """\
{{ range .Alerts }}*{{ .Annotations.summary }}*
{{ .Annotations.description }}
{{ if .Annotations.runbook_url }}<{{ .Annotations.runbook_url }}|Runbook> {{ end -}}
{{ if .Annotations.dashboard_url }}<{{ .Annotations.dashboard_url }}|Dashboard>{{ end }}
{{ end }}
"""
_SUMMARY: Final = (
    "{{ .CommonLabels.alertname }} {{ .CommonLabels.service }}: {{ (index .Alerts 0).Annotations.summary }}"
)


class _Readable(yaml.SafeDumper):
    """Writes a text of several lines as one."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _text)


def alertmanager(file: BudgetFile, places: Places) -> Iterator[Artefact]:
    """Yield the configuration, and beside it the test of its routes."""
    place = places[Kind.ALERTMANAGER]
    yield Artefact(place, configuration(file))
    yield Artefact(test_beside(place), routes_test(file, place.name))


def test_beside(place: Path) -> Path:
    """Return where the test of a configuration's routes goes."""
    return place.with_name(f"{place.stem}.test.sh")


def configuration(file: BudgetFile) -> str:
    """Return Alertmanager's configuration."""
    routing = file.routing or Routing()
    plain = {
        "route": _route(routing),
        "inhibit_rules": [
            {
                "source_matchers": [_severity(Severity.CRITICAL)],
                "target_matchers": [_severity(Severity.WARNING)],
                "equal": list(SAME),
            }
        ],
        "receivers": [_receiver(severity.value, receiver_of(routing, severity)) for severity in Severity],
    }
    text = yaml.dump(plain, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=1000)
    return f"# {mark(file.service.name)}\n{text}"


def receiver_of(routing: Routing, severity: Severity) -> Receiver:
    """Return who is told of alerts of a severity."""
    given = routing.critical if severity is Severity.CRITICAL else routing.warning
    return given or _DEFAULTS[severity]


def routes_test(file: BudgetFile, beside: str) -> str:
    """Return a script that asks `amtool` whether every alert of a file reaches its receiver.

    Args:
        file: Whose alerts.
        beside: The configuration's name, in the script's own folder.
    """
    asked = "\n".join(dict.fromkeys(map(_asked, alerts_of(file))))
    return f"""\
#!/bin/sh
# {mark(file.service.name)}
# Asks amtool whether every alert reaches its receiver: sh {Path(beside).stem}.test.sh [CONFIGURATION]
set -eu
configuration=${{1:-$(dirname "$0")/{shlex.quote(beside)}}}
amtool check-config "$configuration" >/dev/null
reaches() {{
  receiver=$1
  shift
  if ! found=$(amtool config routes test --config.file="$configuration" --verify.receivers="$receiver" "$@" 2>&1); then
    echo "not $receiver: $* - $found" >&2
    exit 1
  fi
}}
{asked}
echo "every alert reaches its receiver"
"""


def _asked(alert: Told) -> str:
    labels = {"alertname": alert.name, "severity": alert.severity.value, **alert.labels}
    return f"reaches {alert.severity.value} {' '.join(shlex.quote(f'{name}={text}') for name, text in labels.items())}"


def _route(routing: Routing) -> Mapping[str, Any]:
    return {
        "receiver": Severity.WARNING.value,  # what has no severity that is known is told of too
        "group_by": list(routing.group_by),
        "group_wait": duration((routing.wait or _TEN_SECONDS).value),
        "group_interval": duration((routing.interval or _TEN_SECONDS).value),
        "repeat_interval": duration((routing.repeat or _HALF_A_DAY).value),
        "routes": [{"matchers": [_severity(each)], "receiver": each.value} for each in Severity],
    }


def _severity(severity: Severity) -> str:
    return f'severity="{severity}"'


def _receiver(name: str, receiver: Receiver) -> Mapping[str, Any]:
    found: dict[str, Any] = {"name": name}
    if receiver.pagerduty:
        found["pagerduty_configs"] = [_pagerduty(receiver.pagerduty)]
    if receiver.slack:
        found["slack_configs"] = [_slack(receiver.slack)]
    if receiver.webhook:
        found["webhook_configs"] = [_webhook(receiver.webhook)]
    if receiver.email:
        found["email_configs"] = [_email(receiver.email)]
    return found


def _pagerduty(found: PagerDuty) -> Mapping[str, Any]:
    return {
        "routing_key_file": found.routing_key_file,
        **({"url": found.url} if found.url else {}),
        "description": _SUMMARY,
        "severity": "{{ .CommonLabels.severity }}",
        "details": {
            "runbook": "{{ (index .Alerts 0).Annotations.runbook_url }}",
            "dashboard": "{{ (index .Alerts 0).Annotations.dashboard_url }}",
        },
    }


def _slack(found: Slack) -> Mapping[str, Any]:
    return {
        "api_url_file": found.url_file,
        "channel": found.channel,
        "send_resolved": True,
        "title": _TITLE,
        "text": _TEXT,
    }


def _webhook(found: Webhook) -> Mapping[str, Any]:
    bearer = {"http_config": {"authorization": {"credentials_file": found.credentials_file}}}
    return {"url": found.url, "send_resolved": True, **(bearer if found.credentials_file else {})}


def _email(found: Email) -> Mapping[str, Any]:
    login = {"auth_username": found.username, "auth_password_file": found.password_file}
    return {
        "to": found.to,
        "from": found.sender,
        "smarthost": found.smarthost,
        "send_resolved": True,
        **{key: text for key, text in login.items() if text},
    }
