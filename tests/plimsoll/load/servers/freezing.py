"""A server whose latency is known: each answer takes a fixed time, and once in its life none comes for a while.

`freezing.py SERVICE FREEZES_AFTER FREEZES_FOR`, in seconds; the freeze is counted from the first request. It prints its
port. `/lateness` says by how many milliseconds its own slowest answer missed its instant: what the machine added.
"""

from __future__ import annotations

import asyncio
import sys
from time import perf_counter

SERVICE, AFTER, LENGTH = (float(each) for each in sys.argv[1:4])


class Server:
    """Answers each request at its instant."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.late = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = f"{self.late * 1000:.3f}" if b"/lateness" in head else await self._answer(perf_counter())
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, now: float) -> str:
        if self.first is None:
            self.first = now
        due, begins = now + SERVICE, self.first + AFTER
        due = max(due, begins + LENGTH) if begins <= due < begins + LENGTH else due
        loop = asyncio.get_running_loop()
        woken = loop.create_future()
        loop.call_at(loop.time() + due - perf_counter(), woken.set_result, None)
        await woken
        self.late = max(self.late, perf_counter() - due)
        return "ok"


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.start_server(Server().serve, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - how the test learns it
    await server.serve_forever()


asyncio.run(main())
