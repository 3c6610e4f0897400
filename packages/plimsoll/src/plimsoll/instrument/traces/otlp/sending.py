"""Spans gathered into batches, and sent from a thread of their own."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, assert_never

from plimsoll.instrument.forks import call_after_forks
from plimsoll.instrument.traces.live import Span
from plimsoll.instrument.traces.otlp.answers import Answer, Away, Collector, Refused, Taken
from plimsoll.instrument.traces.otlp.encoding import Encoder, request
from plimsoll.instrument.traces.otlp.options import Carriage

_SHORTEST_PAUSE: Final = timedelta(milliseconds=100)
_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(seconds=5)
_PATIENCE: Final = timedelta(seconds=30)
"""How long a batch is tried again before it is given up for those that came after it."""
_log = logging.getLogger(__name__)


class Sender:
    """Takes spans that ended, and hands them to a collector.

    A span is bytes as soon as it ends: what waits is small, and no work for the collector of garbage. After a fork the
    child sends its own, by a connection of its own.

    Args:
        connect: Returns who takes them.
        encoder: Writes them.
        resource: What sends, as the encoder wrote it.
        carriage: How many wait, and for how long.

    Raises:
        Exception: What `connect` raises.
    """

    def __init__(self, connect: Callable[[], Collector], encoder: Encoder, resource: bytes, carriage: Carriage) -> None:
        self._connect = connect
        self._encode = encoder.span
        self._resource = resource
        self._most, self._batch = carriage.waiting, carriage.batch
        self._delay = carriage.delay.total_seconds()
        self._is_odd_known = False
        self._start()
        call_after_forks(self.start_again)

    def _start(self) -> None:
        self._collector = self._connect()
        self._waiting: deque[bytes] = deque()
        self._lost = 0
        self._is_away = False
        self._woken, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def start_again(self) -> None:
        """Begin anew in a process that was forked: its parent sends what waits, and threads are not passed on."""
        if not self._ending.is_set():
            self._start()

    def heard(self, span: Span) -> None:
        """Take a span in, to be sent with others; neither waits nor raises."""
        waiting = self._waiting
        if len(waiting) >= self._most:
            self._lost += 1
            return
        try:
            waiting.append(self._encode(span))
        except Exception as error:  # noqa: BLE001 - whatever it is, what the span tells of goes on
            self._note_odd(span, error)
            return
        if len(waiting) >= self._batch and not self._woken.is_set():
            self._woken.set()

    def close(self, last: timedelta) -> None:
        """Send what waits, for so long; what still waits then is lost."""
        self._ending.set()
        self._woken.set()
        self._thread.join(last.total_seconds())

    def _run(self) -> None:
        while not self._ending.is_set():
            if not self._woken.wait(self._delay):
                self._send_batch()
            self._woken.clear()
            while len(self._waiting) >= self._batch:  # what ends while one is sent waits for others
                self._send_batch()
        while self._waiting:
            self._send_batch()
        if self._lost:
            self._tell_lost("the process ended")
        self._collector.close()

    def _send_batch(self) -> None:
        count = min(self._batch, len(self._waiting))
        if count == 0:
            return
        # one by one: whoever goes through a queue is thrown out when another thread adds to it
        batch = [self._waiting[at] for at in range(count)]
        if not self._deliver(batch):
            self._lost += count
        for _ in batch:
            self._waiting.popleft()

    def _deliver(self, batch: Sequence[bytes]) -> bool:
        """Try until it is taken or refused; return whether it was, before those behind it had waited too long."""
        body = request(self._resource, batch)
        pause, until = _FIRST_PAUSE, time.monotonic() + _PATIENCE.total_seconds()
        while True:
            answer = self._answer(body)
            match answer:
                case Taken(rejected, why):
                    self._note_taken()
                    if rejected:
                        _log.warning("the collector of traces refused %d spans (%s)", rejected, why)
                    return True
                case Refused(why):
                    _log.warning("the collector of traces refused %d spans (%s)", len(batch), why)
                    return True  # said already
                case Away(why, wait):
                    self._note_away(why)
                    rest = (pause if wait is None else max(wait, _SHORTEST_PAUSE)).total_seconds()
                    if time.monotonic() + rest > until or self._ending.wait(rest):
                        return False
                    pause = min(2 * pause, _LONGEST_PAUSE)
                case other:
                    assert_never(other)

    def _answer(self, body: bytes) -> Answer:
        try:
            return self._collector.send(body)
        except Exception as error:  # noqa: BLE001 - whatever it is, later batches are still to be sent
            return Refused(type(error).__name__)  # and not its words: a header in them may be a key

    def _note_odd(self, span: Span, error: Exception) -> None:
        if not self._is_odd_known:
            self._is_odd_known = True
            _log.warning("the span %r cannot be written (%r); nothing is said of others like it", span.name, error)

    def _note_away(self, why: str) -> None:
        if not self._is_away:
            self._is_away = True
            _log.warning("the collector of traces does not take spans (%s); they wait, and are lost when many do", why)

    def _note_taken(self) -> None:
        if self._is_away:
            self._is_away = False
            _log.info("the collector takes spans again")
        if self._lost:
            self._tell_lost("more ended than it took")

    def _tell_lost(self, why: str) -> None:
        lost, self._lost = self._lost, 0
        _log.warning("%d spans were lost: %s", lost, why)
