"""The thread that sends spans: what ends meanwhile, what cannot be written, and what goes wrong where it sends."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.traces import Span, SpanKind
from plimsoll.instrument.traces.otlp.answers import Answer, Taken
from plimsoll.instrument.traces.otlp.encoding import Encoder
from plimsoll.instrument.traces.otlp.options import Carriage
from plimsoll.instrument.traces.otlp.sending import Sender
from plimsoll.instrument.traces.w3c import SpanContext

LONG = timedelta(minutes=10)
"""No test waits for it: what arrives earlier was not sent because time had passed."""
PATIENCE = timedelta(seconds=30)
NAME = b"GET /person"


class Taking:
    """Takes every batch, notes how many spans were in it, and has something done meanwhile."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.sizes: list[int] = []
        self.is_asked = threading.Event()
        self._meanwhile = meanwhile

    def send(self, body: bytes) -> Answer:
        self.sizes.append(body.count(NAME))
        self._meanwhile()
        self.is_asked.set()
        return Taken()

    def close(self) -> None:
        pass


def sending_to(collector: Taking, carriage: Carriage) -> Sender:
    return Sender(lambda: collector, Encoder(Redaction()), b"", carriage)


def a_span(began: int = 1, ended: int = 2) -> Span:
    return Span(NAME.decode(), SpanKind.SERVER, SpanContext(1, 2, is_sampled=True), began=began, ended=ended)


def test_what_ends_while_a_batch_is_on_its_way_waits_for_others() -> None:
    collector = Taking(meanwhile=lambda: sender.heard(a_span()))
    sender = sending_to(collector, Carriage(delay=LONG, batch=3))
    for _ in range(3):
        sender.heard(a_span())
    collector.is_asked.wait(PATIENCE.total_seconds())
    collector.is_asked.clear()
    for _ in range(2):
        sender.heard(a_span())
    collector.is_asked.wait(PATIENCE.total_seconds())

    assert collector.sizes == [3, 3]


def test_spans_that_end_in_many_threads_all_arrive() -> None:
    collector = Taking()
    sender = sending_to(collector, Carriage(delay=timedelta(milliseconds=1), batch=2, waiting=1_000_000))

    def end_many() -> None:
        for _ in range(10_000):
            sender.heard(a_span())

    threads = [threading.Thread(target=end_many) for _ in range(4)]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(usual)
    sender.close(PATIENCE)

    assert sum(collector.sizes) == 40_000


def test_a_span_that_cannot_be_written_fails_nobody_and_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    collector = Taking()
    sender = sending_to(collector, Carriage(delay=LONG))

    for span in (a_span(began=-1), a_span(ended=1 << 64), a_span()):
        sender.heard(span)
    sender.close(PATIENCE)

    assert collector.sizes == [1]
    assert caplog.text.count("cannot be written") == 1


def test_later_batches_are_sent_though_one_could_not_be(caplog: pytest.LogCaptureFixture) -> None:
    failing = [ValueError("Invalid header value b's3cret'")]

    def fail_once() -> None:
        if failing:
            raise failing.pop()

    collector = Taking(meanwhile=fail_once)
    sender = sending_to(collector, Carriage(delay=LONG, batch=1))
    for _ in range(3):
        sender.heard(a_span())
    sender.close(PATIENCE)

    assert collector.sizes == [1, 1, 1]
    assert "refused 1 spans (ValueError)" in caplog.text
    assert "s3cret" not in caplog.text
