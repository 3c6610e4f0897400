"""The roles of a process: one machine has them all in one, a fleet runs each as often as it needs."""

from __future__ import annotations

import enum
from collections.abc import Collection

from natalis.errors import SettingsInvalid
from natalis.runtime.settings import Settings


class Role(enum.StrEnum):
    """What a process does. The reaper goes with the dispatcher."""

    API = "api"
    PLANNER = "planner"
    DISPATCHER = "dispatcher"
    WORKER = "worker"


EVERY_ROLE = frozenset(Role)
HANDS_OVER = frozenset({Role.DISPATCHER, Role.WORKER})
"""Those that speak to the queue."""


def check_roles(settings: Settings, roles: Collection[Role]) -> None:
    """Refuse roles that cannot be played apart with these settings.

    Raises:
        SettingsInvalid: One process owns a SQLite file; dispatchers and workers apart need a queue between them.
    """
    apart = EVERY_ROLE - set(roles)
    if apart and not settings.is_fleet:
        problem = "DATABASE_URL: one process owns a SQLite file, and has every role in it"
        raise SettingsInvalid((f"{problem}; run `natalis up`, or set DATABASE_URL to postgresql://… for a fleet",))
    if len(HANDS_OVER & set(roles)) == 1 and settings.queue_url is None:
        problem = "QUEUE_URL: a dispatcher and a worker in two processes need a queue between them"
        raise SettingsInvalid((f"{problem}; set it to amqp://…, or run `natalis up`",))
