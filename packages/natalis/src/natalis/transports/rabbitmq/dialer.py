"""Which node to speak to, and when to try again: every node in turn, then a pause with full jitter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

from natalis.domain.retry import RetryPolicy, backoff
from natalis.errors import TransportUnavailable
from natalis.ports.clock import Clock


class Line(Protocol):
    """What is dialed."""

    @property
    def is_up(self) -> bool:
        """Whether it can still be used."""
        ...

    @property
    def reason(self) -> str:
        """Why it fell."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


AnyLine = TypeVar("AnyLine", bound=Line)


class Dialer(Generic[AnyLine]):
    """Holds one line, and dials anew when it is asked for one and there is none: nobody asks, nobody dials.

    A line that falls sooner than the first pause is not replaced before that is over.

    Args:
        addresses: The nodes. The first one tried is drawn, so that a fleet spreads over them.
        dial: Opens a line to a node; raises `TransportUnavailable`.
        policy: How long to wait once every node was tried in vain.
        clock: Measures the waits.
        random: Draws a number in [0, 1).
    """

    def __init__(
        self,
        addresses: tuple[str, ...],
        dial: Callable[[str], Awaitable[AnyLine]],
        *,
        policy: RetryPolicy,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._addresses = addresses
        self._dial = dial
        self._policy = policy
        self._clock = clock
        self._random = random
        self._next = int(random() * len(addresses))
        self._failures = 0
        self._fault = ""
        self._not_before = clock.monotonic()
        self._dialing: asyncio.Task[AnyLine] | None = None
        self.current: AnyLine | None = None

    @property
    def wait(self) -> timedelta:
        """How long until it dials again."""
        return max(timedelta(0), self._not_before - self._clock.monotonic())

    async def line(self) -> AnyLine:
        """Return the line, dialing when there is none.

        Raises:
            TransportUnavailable: No node could be reached, now or at the last try, and it is too soon for the next.
        """
        if self.current is not None and self.current.is_up:
            return self.current
        if self._dialing is None:
            if self.wait:
                raise TransportUnavailable(self._fault if self.current is None else self.current.reason)
            self._dialing = asyncio.ensure_future(self._dial_all())
            self._dialing.add_done_callback(self._dialed)
        return await asyncio.shield(self._dialing)

    async def line_within(self, patience: timedelta) -> AnyLine:
        """Return the line, dialing again and again for as long as `patience` lasts."""
        give_up_at = self._clock.monotonic() + patience
        while True:
            try:
                return await self.line()
            except TransportUnavailable:
                left = give_up_at - self._clock.monotonic()
                if left <= timedelta(0):
                    raise
                await self._clock.sleep(min(left, self.wait))

    async def close(self) -> None:
        """Hang up and dial no more."""
        if self._dialing is not None:
            self._dialing.cancel()
            await asyncio.wait({self._dialing})
        if self.current is not None:
            await self.current.close()

    async def _dial_all(self) -> AnyLine:
        faults: list[str] = []
        for _ in self._addresses:
            address = self._addresses[self._next]
            self._next = (self._next + 1) % len(self._addresses)
            try:
                self.current = await self._dial(address)
            except TransportUnavailable as error:
                faults.append(str(error))
                continue
            self._failures = 0
            self._not_before = self._clock.monotonic() + self._policy.base
            return self.current
        self.current = None
        self._failures += 1
        self._fault = "; ".join(faults)
        self._not_before = self._clock.monotonic() + backoff(self._policy, self._failures, draw=self._random())
        raise TransportUnavailable(self._fault)

    def _dialed(self, dialing: asyncio.Task[AnyLine]) -> None:
        self._dialing = None
        if not dialing.cancelled():
            dialing.exception()  # whoever waited has it; if nobody did, it is in `_fault`
