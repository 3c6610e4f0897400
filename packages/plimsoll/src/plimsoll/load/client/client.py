"""What all users of a process share: options, names, TLS, time-outs, prefixes of requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Self

from plimsoll.load.client.deadlines import Deadlines
from plimsoll.load.client.dialling import Dialler
from plimsoll.load.client.names import Names
from plimsoll.load.client.options import ClientOptions
from plimsoll.load.client.slots import Slots
from plimsoll.load.client.wire import Prefixes


class Client:
    """What agents are made from; make it where the loop runs, and close it there.

    Args:
        options: How to call.
        wall: Tells the time in seconds since 1970, by which cookies expire.

    Raises:
        InvalidInput: A certificate file cannot be read.
    """

    def __init__(
        self,
        options: ClientOptions | None = None,
        wall: Callable[[], float] = time.time,  # noqa: TID251 - the one clock that cookies know; tests give another
    ) -> None:
        self.options = options or ClientOptions()
        self.wall = wall
        self.loop = asyncio.get_running_loop()
        self.deadlines = Deadlines(self.loop)
        self.dialler = Dialler(self.loop, self.options, Names(self.loop, self.options))
        self.slots = None if self.options.connections is None else Slots(self.options.connections)
        agent = {"User-Agent": self.options.user_agent} if self.options.user_agent else {}
        self.prefixes = Prefixes(agent | dict(self.options.headers), close=not self.options.reuse_connections)
        self.timeout = nanoseconds(self.options.timeout)
        self.connect_timeout = nanoseconds(self.options.connect_timeout)
        self.keep = 0 if self.options.discard_bodies else self.options.body_limit

    def close(self) -> None:
        """End the timer; agents are closed by who made them."""
        self.deadlines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def nanoseconds(duration: timedelta) -> int:
    """Return a duration in whole nanoseconds."""
    return duration // timedelta(microseconds=1) * 1_000
