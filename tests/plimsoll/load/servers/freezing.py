"""A server whose latency is known: each answer takes a fixed time, and once in its life none comes for a while.

`freezing.py SERVICE FREEZES_AFTER FREEZES_FOR`, in seconds; the freeze is counted from the first request. It prints its
port. `/lateness` says by how many milliseconds its own answers missed their instants, 90 % of them and all: what the
machine added. `/record` says of each request when it had come and when it was answered, in nanoseconds, a line each.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from time import perf_counter_ns
from typing import cast

import uvloop

from plimsoll.load.timer import timer

SERVICE, AFTER, LENGTH = (round(float(each) * 1e9) for each in sys.argv[1:4])
HEAD_END = b"\r\n\r\n"


class Answers:
    """Answers that are due, in the order in which they are: none overtakes another."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.late = [0]
        self.record: list[tuple[int, int]] = []
        self.due: deque[tuple[int, int, asyncio.Transport]] = deque()
        self.timer = timer(asyncio.get_running_loop(), self.ring)

    def ask(self, transport: asyncio.Transport) -> None:
        """Answer in due time."""
        now = perf_counter_ns()
        self.first = now if self.first is None else self.first
        due, begins = now + SERVICE, self.first + AFTER
        due = max(due, begins + LENGTH) if begins <= due < begins + LENGTH else due
        self.due.append((due, now, transport))
        if len(self.due) == 1:
            self.timer.set(due)

    def ring(self) -> None:
        """Answer all that is due."""
        while self.due and self.due[0][0] <= perf_counter_ns():
            due, came, transport = self.due.popleft()
            answered = perf_counter_ns()
            answer(transport, "ok")
            self.late.append(perf_counter_ns() - due)
            self.record.append((came, answered))
        if self.due:
            self.timer.set(self.due[0][0])

    def said(self) -> str:
        """Return by how much answers were late."""
        ordered = sorted(self.late)
        return f"{ordered[len(ordered) * 9 // 10] / 1e6:.4f} {ordered[-1] / 1e6:.4f}"


class Connection(asyncio.Protocol):
    """One connection's requests, none with a body that holds an empty line."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast("asyncio.Transport", transport)  # what a server of sockets gives

    def data_received(self, data: bytes) -> None:
        """Answer each head that is whole."""
        *heads, self._head = (self._head + data).split(HEAD_END)
        for head in heads:
            if b" /lateness" in head:
                answer(self._transport, self._answers.said())
            elif b" /record" in head:
                answer(self._transport, "\n".join(f"{came} {answered}" for came, answered in self._answers.record))
            else:
                self._answers.ask(self._transport)


def answer(transport: asyncio.Transport, body: str) -> None:
    """Send an answer."""
    transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


async def main() -> None:
    """Serve until killed."""
    answers = Answers()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(answers), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - how the test learns it
    await server.serve_forever()


uvloop.run(main())
