"""A server of a fixed cost: each answer takes so many milliseconds of its processor, one after the other.

`busy_server.py PORT MILLISECONDS`; port 0 takes a free one. It prints its port. Work is counted in processor time: a
neighbour on the machine makes an answer late and not cheaper, as with any real service.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from time import thread_time_ns

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Answering(asyncio.Protocol):
    """Answers each request that has arrived, after the work."""

    def __init__(self, work: int) -> None:
        self._work = work
        self._transport: asyncio.WriteTransport | None = None
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to answer."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Work and answer for each whole head; requests have no bodies here."""
        *heads, self._got = (self._got + data).split(b"\r\n\r\n")
        for _ in heads:
            until = thread_time_ns() + self._work
            while thread_time_ns() < until:
                pass
            if self._transport is not None:
                self._transport.write(_ANSWER)


async def _serve(port: int, milliseconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(round(milliseconds * 1e6)), "127.0.0.1", port, backlog=1024)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
