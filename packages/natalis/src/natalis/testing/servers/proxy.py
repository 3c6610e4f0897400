"""A TCP proxy that misbehaves on demand: cuts, refuses, swallows and delays. It plays the network between two."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from types import TracebackType
from typing import Self

from natalis.testing.servers import ports
from natalis.testing.servers.proxy_link import Conditions, Link


class TcpProxy:
    """Forwards connections on `port` to another port of this machine, on the running event loop.

    What it does to the network holds until `pass_through`. Its port stays the same, also while it refuses.

    Args:
        target: the port to forward to.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._claim = ports.reserve()
        self._listener: asyncio.Server | None = None
        self._links: set[Link] = set()
        self._conditions = Conditions()
        self.port: int = self._claim.number

    async def start(self) -> Self:
        """Listen."""
        if self._listener is None:
            loop = asyncio.get_running_loop()
            self._listener = await loop.create_server(lambda: self._link().client, ports.LOOPBACK, self.port)
        return self

    async def close(self) -> None:
        """Cut everything and let the port go."""
        await self.refuse()
        self._claim.release()

    async def pass_through(self) -> None:
        """Forward again and without delay, also what was held back on connections that are still there."""
        self._conditions.swallow = False
        self._conditions.delay = timedelta()
        for link in tuple(self._links):
            link.release()
        await self.start()

    def cut(self) -> None:
        """Reset every connection there is; new ones are served."""
        for link in tuple(self._links):
            link.reset()

    async def refuse(self) -> None:
        """Reset every connection there is and refuse new ones."""
        if self._listener is not None:
            self._listener.close()
            self.cut()
            await self._listener.wait_closed()
            self._listener = None

    def black_hole(self) -> None:
        """Accept, and forward nothing more in either direction, on old connections and new: a cable pulled out."""
        self._conditions.swallow = True

    def delay(self, by: timedelta) -> None:
        """Forward what comes from now on this much later, in each direction."""
        self._conditions.delay = by

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._links)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _link(self) -> Link:
        link = Link(self._target, self._conditions, self._links.discard)
        self._links.add(link)
        return link
