"""Who is told: the receivers of critical and of warning alerts, in the file's `routing` section.

No secret stands here: what a receiver needs to know is in a file that Alertmanager reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import msgspec

from plimsoll.budget.file.amounts import EXAMPLES_AT, Amount, Unit

SECRETS: Final = "/etc/alertmanager/secrets"


class Slack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel in Slack.

    Attributes:
        channel: Its name, such as `#alerts`.
        url_file: The file that holds the incoming webhook's address, where Alertmanager runs.
    """

    channel: str
    url_file: str = f"{SECRETS}/slack-url"


class PagerDuty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service in PagerDuty.

    Attributes:
        routing_key_file: The file that holds the key of its integration (Events API v2), where Alertmanager runs.
        url: Where its events go, unless to PagerDuty itself.
    """

    routing_key_file: str = f"{SECRETS}/pagerduty-key"
    url: str | None = None


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A program that is called with JSON.

    Attributes:
        url: Its address, without a secret.
        credentials_file: The file that holds the token it wants in `Authorization: Bearer`, where Alertmanager runs.
    """

    url: str
    credentials_file: str | None = None


class Email(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mail to somebody.

    Attributes:
        to: Whom.
        sender: From whom (`from` in the file).
        smarthost: The mail server, as `host:port`.
        username: As whom to log in there.
        password_file: The file that holds the password, where Alertmanager runs.
    """

    to: str
    sender: str = msgspec.field(name="from")
    smarthost: str
    username: str | None = None
    password_file: str | None = None


class Receiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All who are told of an alert.

    Attributes:
        pagerduty: A service in PagerDuty.
        slack: A channel in Slack.
        webhook: A program.
        email: Somebody's mail box.
    """

    pagerduty: PagerDuty | None = None
    slack: Slack | None = None
    webhook: Webhook | None = None
    email: Email | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody is told."""
        return not any((self.pagerduty, self.slack, self.webhook, self.email))


class Routing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told of which alerts, and how often.

    Attributes:
        critical: Whom critical alerts wake; PagerDuty and the channel `#alerts-critical` where it is left out.
        warning: Whom all others tell; the channel `#alerts` where it is left out.
        group_by: Alerts that agree in these labels are told of together; alertname, cluster and service where it is
            left out.
        wait: How long the first alert of a group waits for others; 10 s where it is left out.
        interval: How long further ones wait; 10 s where it is left out.
        repeat: After how long one that lasts is told of again; 12 h where it is left out.
    """

    critical: Receiver | None = None
    warning: Receiver | None = None
    group_by: tuple[str, ...] = ("alertname", "cluster", "service")
    wait: Amount | None = None
    interval: Amount | None = None
    repeat: Amount | None = None


def refusals_of_routing(routing: Routing | None) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield where, what is wrong, and what would be right."""
    if routing is None:
        return
    for key in ("wait", "interval", "repeat"):
        amount: Amount | None = getattr(routing, key)
        if amount is not None and amount.unit is not Unit.SECONDS:
            yield ("routing", key), f"{amount.text!r} is not {Unit.SECONDS}", f"write it as {EXAMPLES_AT[key]}"
    for key in ("critical", "warning"):
        receiver: Receiver | None = getattr(routing, key)
        if receiver is not None and receiver.is_empty:
            yield ("routing", key), "it tells nobody", "give it one of pagerduty, slack, webhook, email"
        if (
            receiver is not None
            and receiver.webhook is not None
            and urlsplit(receiver.webhook.url).password is not None
        ):
            remedy = "put the token into a file and name that as credentials_file"
            yield ("routing", key, "webhook", "url"), "it holds a password", remedy
