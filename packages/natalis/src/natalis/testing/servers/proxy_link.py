"""One connection through the proxy: two ends, a pipe each way, and what the network does to them."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from natalis.testing.servers import ports

_HELD_AT_MOST = 1 << 20  # bytes in a pipe, from which on its source waits
_RESET = struct.pack("ii", 1, 0)  # linger on, for no time: closing sends RST
_END = b""


@dataclass(slots=True)
class Conditions:
    """What the network is like now.

    Attributes:
        swallow: nothing gets through.
        delay: what comes now gets through this much later.
    """

    swallow: bool = False
    delay: timedelta = timedelta()


class Link:
    """A client's connection and ours to the server."""

    def __init__(self, target: int, conditions: Conditions, closed: Callable[[Link], None]) -> None:
        self._target = target
        self._closed = closed
        self._connecting: asyncio.Task[None] | None = None
        self._broken = False
        self.conditions: Conditions = conditions
        self.client: End = End(self)
        self.server: End = End(self)
        self.client.pipe, self.server.pipe = Pipe(self.client, self.server), Pipe(self.server, self.client)

    def release(self) -> None:
        """Go on, if the network lets us: connect, or pass on what was held back."""
        if self.conditions.swallow:
            return
        if self._broken:
            self.reset()
        elif self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())
        else:
            self.client.pipe.flush()
            self.server.pipe.flush()

    def reset(self) -> None:
        """Reset both connections."""
        if self._connecting is not None:
            self._connecting.cancel()
        for end in (self.client, self.server):
            end.reset()
        self._closed(self)

    def lost(self) -> None:
        """One end is gone; the other hears of it, unless the cable is out."""
        self._broken = True
        if not self.conditions.swallow:
            self.reset()

    def ended(self) -> None:
        """Both sides have said all they had to say."""
        if self.client.pipe.is_ended and self.server.pipe.is_ended:
            for end in (self.client, self.server):
                end.close()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.server, ports.LOOPBACK, self._target)
        except OSError:
            self.reset()


class Pipe:
    """What comes in at one end and goes out at the other, in order, late if need be."""

    def __init__(self, source: End, sink: End) -> None:
        self._source, self._sink = source, sink
        self._held: deque[tuple[float, bytes]] = deque()
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self.is_ended: bool = False

    def take(self, chunk: bytes) -> None:
        """Hold a chunk until it is due; the empty one is the end."""
        due = asyncio.get_running_loop().time() + self._source.link.conditions.delay.total_seconds()
        self._held.append((due, chunk))
        self._size += len(chunk)
        self.flush()

    def flush(self) -> None:
        """Pass on what is due and may go."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._source.link.conditions.swallow and self._sink.accepts:
            self._pass_on()
        self._source.read(self._size < _HELD_AT_MOST)

    def _pass_on(self) -> None:
        loop = asyncio.get_running_loop()
        while self._held and self._held[0][0] <= loop.time() and self._sink.accepts:
            _, chunk = self._held.popleft()
            self._size -= len(chunk)
            self._sink.send(chunk)
            if chunk == _END:
                self.is_ended = True
                self._source.link.ended()
        if self._held:
            self._timer = loop.call_at(self._held[0][0], self.flush)


class End(asyncio.Protocol):
    """One end of a link: a socket."""

    pipe: Pipe

    def __init__(self, link: Link) -> None:
        self.link: Link = link
        self._transport: asyncio.Transport | None = None
        self._is_full = False

    @property
    def accepts(self) -> bool:
        """Whether more can be sent there now."""
        return self._transport is not None and not self._is_full

    def send(self, chunk: bytes) -> None:
        """Send a chunk, or the end."""
        if self._transport is None:
            return
        if chunk == _END:
            self._transport.write_eof()
        else:
            self._transport.write(chunk)

    def read(self, more: bool) -> None:  # noqa: FBT001 - a switch
        """Go on reading, or let the other side wait."""
        if self._transport is not None and not self._transport.is_closing():
            if more:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def reset(self) -> None:
        """Close with a reset."""
        if self._transport is not None:
            held = cast("socket.socket", self._transport.get_extra_info("socket"))
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()

    def close(self) -> None:
        """Close once all is sent."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is connected."""
        self._transport = cast("asyncio.Transport", transport)
        self.link.release()

    def data_received(self, data: bytes) -> None:
        """It says something."""
        self.pipe.take(data)

    def eof_received(self) -> bool:
        """It has said all it had to say; it may still listen."""
        self.pipe.take(_END)
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        """It is gone."""
        self._transport = None
        self.link.lost()

    def pause_writing(self) -> None:
        """It cannot take more for now."""
        self._is_full = True

    def resume_writing(self) -> None:
        """It can take more."""
        self._is_full = False
        self.link.release()
