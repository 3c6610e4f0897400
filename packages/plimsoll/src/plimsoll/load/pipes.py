"""An engine's standard input and output: orders in, reports out; what flows print goes to standard error."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Self

from plimsoll.load.messages import Order, Report, line, order_of

LONGEST = 1 << 28
"""Bytes of a line."""


class Pipes:
    """Orders in, reports out.

    Args:
        reader: Where orders come from.
        writer: Where reports go.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls) -> Self:
        """Take this process's standard input and output; what is printed from now on goes to standard error."""
        loop = asyncio.get_running_loop()
        reports = os.fdopen(os.dup(sys.stdout.fileno()), "wb", 0)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        reader = asyncio.StreamReader(LONGEST)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), reports
        )
        return cls(reader, asyncio.StreamWriter(transport, protocol, None, loop))

    async def order(self) -> Order | None:
        """Return the next order; None when the conductor is gone."""
        text = await self._reader.readline()
        return order_of(text) if text else None

    def say(self, report: Report) -> None:
        """Send a report, without waiting for it to be read."""
        self._writer.write(line(report))

    async def close(self) -> None:
        """Send what was said, and close."""
        self._writer.close()
        await self._writer.wait_closed()
