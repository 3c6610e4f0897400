"""An inbox: stands in for those whom Alertmanager tells, and keeps what each was told."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any

from natalis.testing.servers.listening import Listener
from natalis.testing.servers.server import wait_until

_NOBODY: AbstractSet[str] = frozenset()


class Inbox(Listener):
    """Takes what is posted to `URL/NAME` as told to NAME: a webhook, and PagerDuty and Slack as well."""

    def __init__(self) -> None:
        super().__init__(b'{"status": "success"}')

    def of(self, who: str) -> list[Any]:
        """Return the messages to somebody, the oldest first."""
        return [message for told, message in self.messages() if told == who]

    def messages(self) -> list[tuple[str, Any]]:
        """Return every message with the name of who was told, the oldest first."""
        return [(each.path.strip("/"), json.loads(each.body)) for each in list(self.posted)]

    def alerts(self) -> list[tuple[str, Any]]:
        """Return every alert of a webhook that fired, with the name of who was told."""
        return [(who, each) for who, body in self.messages() for each in body["alerts"] if each["status"] == "firing"]

    def names(self, who: str) -> set[str]:
        """Return the names of the alerts that somebody was told of."""
        return {each["labels"]["alertname"] for told, each in self.alerts() if told == who}

    def await_told(
        self, within: timedelta, *, critical: AbstractSet[str] = _NOBODY, warning: AbstractSet[str] = _NOBODY
    ) -> None:
        """Wait until `critical` and `warning` were told of these alerts, by their names.

        Raises:
            AssertionError: One was not told in time; says of what, and what it was told instead.
        """
        wanted = {"critical": critical, "warning": warning}
        if not wait_until(lambda: all(names <= self.names(who) for who, names in wanted.items()), within):
            missing = {who: set(names - self.names(who)) for who, names in wanted.items()}
            raise AssertionError(f"not told: {missing}; told: {[(who, self.names(who)) for who in wanted]}")
