"""The console: prints each message as one line; for a first look and the demo."""

from __future__ import annotations

import sys
from itertools import count
from typing import TextIO

from natalis.domain.message import Message, flaw_in
from natalis.domain.outcome import Deferred, Delivered, Outcome, Refused
from natalis.domain.template import one_line


class ConsoleProvider:
    """Prints messages, and has thereby delivered them.

    Args:
        stream: Where to; None for the standard output as it is at each call.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._numbers = count(1)

    @property
    def name(self) -> str:
        """What metrics, logs and the breaker call it."""
        return "console"

    @property
    def recognises_repeats(self) -> bool:
        """A message that is sent twice is printed twice."""
        return False

    async def send(self, message: Message) -> Outcome:
        """Print `address  text`, with the line breaks of the text as ` / `."""
        flaw = flaw_in(message)
        if flaw is not None:
            return Refused(flaw)
        text = " / ".join(one_line(line) for line in message.text.splitlines() if line.strip())
        try:
            self._print(f"{message.email}  {text}\n")
        except (OSError, ValueError) as error:  # a pipe whose reader went away, a stream that is closed
            return Deferred(f"nothing can be printed: {error}", outage=True)
        return Delivered(f"console-{next(self._numbers)}")

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _print(self, line: str) -> None:
        stream = sys.stdout if self._stream is None else self._stream
        try:
            stream.write(line)
        except UnicodeEncodeError:  # a terminal that lacks a letter gets its number instead
            encoding = stream.encoding or "ascii"
            stream.write(line.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
