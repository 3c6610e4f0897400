"""A provider for tests: keeps every call, answers as it is told, and holds its answers back on demand."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable

from natalis.domain.message import Message
from natalis.domain.outcome import Delivered, Outcome


class RecordingProvider:
    """Accepts everything unless it is told otherwise.

    Args:
        name: What events call it.
        recognises_repeats: Whether it claims to deliver a repeated key only once; it records every call either way.
        answer: What to answer, call by call; what it raises is raised. By default every message is accepted.

    Attributes:
        answer: As above; may be replaced while calls are under way.
        calls: Every message, in the order of the calls.
        accepted: How often each idempotency key was accepted.
        in_flight: Calls under way.
        peak: The most calls that were ever under way at once.
    """

    def __init__(
        self,
        *,
        name: str = "recording",
        recognises_repeats: bool = True,
        answer: Callable[[Message], Outcome] | None = None,
    ) -> None:
        self._name = name
        self._recognises_repeats = recognises_repeats
        self.answer = answer or _accept
        self._script: deque[Outcome | Exception] = deque()
        self._open = asyncio.Event()
        self._holds: Callable[[Message], bool] = _none
        self.calls: list[Message] = []
        self.accepted: Counter[str] = Counter()
        self.in_flight = 0
        self.peak = 0

    @property
    def name(self) -> str:
        """What events call it."""
        return self._name

    @property
    def recognises_repeats(self) -> bool:
        """What it was told to say."""
        return self._recognises_repeats

    def script(self, *answers: Outcome | Exception) -> None:
        """Give these answers first, one to a call; an exception is raised."""
        self._script.extend(answers)

    def hold(self, which: Callable[[Message], bool] | None = None) -> None:
        """Let calls begun from now on wait for `release`: those of `which` messages, or all."""
        self._open = asyncio.Event()
        self._holds = which or _all

    def release(self) -> None:
        """Let every call that waits have its answer, and hold no more back."""
        self._holds = _none
        self._open.set()

    async def send(self, message: Message) -> Outcome:
        """Record the call, wait while answers are held back, and answer."""
        self.calls.append(message)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            if self._holds(message):
                await self._open.wait()
            outcome = self._script.popleft() if self._script else self.answer(message)
        finally:
            self.in_flight -= 1
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, Delivered):
            self.accepted[str(message.key)] += 1
        return outcome

    async def close(self) -> None:
        """Nothing is open."""


def _all(_: Message) -> bool:
    return True


def _none(_: Message) -> bool:
    return False


def _accept(message: Message) -> Outcome:
    return Delivered(f"recorded-{message.key}")
