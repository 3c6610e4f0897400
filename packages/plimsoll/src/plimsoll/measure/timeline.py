"""A run over time in a fixed number of slots: when they are used up, each two neighbours become one twice as long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from plimsoll.measure import names
from plimsoll.measure.histogram import Histogram
from plimsoll.measure.recording import Recording
from plimsoll.measure.tallies import Counter, Gauge, Rate, Trend

SLOTS: Final = 240
_BITS: Final = 6  # a plot shows 3 %


@dataclass(slots=True)
class Slot:
    """What happened in one stretch of a run, over all scenarios and endpoints.

    Attributes:
        latency: Nanoseconds of `http_req_latency`, coarse.
        requests: Requests that ended.
        failed: How many of them failed.
        iterations: Iterations that ended.
        dropped: Iterations that could not start.
        checks_failed: Checks that did not hold.
        received: Bytes.
        sent: Bytes.
        vus: The most virtual users that were busy.
    """

    latency: Histogram = field(default_factory=lambda: Histogram(_BITS))
    requests: int = 0
    failed: int = 0
    iterations: int = 0
    dropped: int = 0
    checks_failed: int = 0
    received: float = 0
    sent: float = 0
    vus: float = 0

    def merge(self, other: Slot) -> None:
        """Add another stretch; of the users, the larger number stays."""
        self.latency.merge(other.latency)
        for name in ("requests", "failed", "iterations", "dropped", "checks_failed", "received", "sent"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.vus = max(self.vus, other.vus)


@dataclass(slots=True)
class Timeline:
    """Slots of equal length from the start of a run on.

    Attributes:
        seconds: How long a slot is; a power of two.
        slots: In order; at most `SLOTS`.
    """

    seconds: int = 1
    slots: list[Slot] = field(default_factory=list)

    def add(self, at: int, recording: Recording) -> None:
        """Add what was recorded in the second that starts so many whole seconds after the start."""
        while at // self.seconds >= SLOTS:
            self._halve()
        number = at // self.seconds
        if number == len(self.slots) and self.slots:
            self.slots[-1].latency.pack()  # hundreds of slots are kept, and one is added to
        self._slot(number).merge(slot_of(recording))

    def merge(self, other: Timeline) -> None:
        """Lay another over it: users of different machines add up, second by second, as well as slots carry it."""
        while self.seconds < other.seconds:
            self._halve()
        theirs = Timeline(other.seconds, list(other.slots))
        while theirs.seconds < self.seconds:
            theirs._halve()
        for number, slot in enumerate(theirs.slots):
            ours = self._slot(number)
            vus = ours.vus + slot.vus
            ours.merge(slot)
            ours.vus = vus

    def _slot(self, number: int) -> Slot:
        self.slots += [Slot() for _ in range(number + 1 - len(self.slots))]
        return self.slots[number]

    def _halve(self) -> None:
        pairs = [self.slots[number : number + 2] for number in range(0, len(self.slots), 2)]
        self.slots = [_joined(pair) for pair in pairs]
        self.seconds *= 2


def slot_of(recording: Recording) -> Slot:
    """Return a recording as a slot."""
    slot = Slot()
    match recording.select(names.HTTP_REQ_LATENCY.name):
        case Trend(histogram=histogram):
            slot.latency.merge(histogram)
        case _:
            pass
    match recording.select(names.HTTP_REQ_FAILED.name):
        case Rate(hits=hits, count=count):
            slot.failed, slot.requests = hits, count
        case _:
            pass
    match recording.select(names.CHECKS.name):
        case Rate(hits=hits, count=count):
            slot.checks_failed = count - hits
        case _:
            pass
    match recording.select(names.VUS.name):
        case Gauge(high=float() | int() as high):
            slot.vus = high
        case _:
            pass
    slot.iterations = round(_counted(recording, names.ITERATIONS.name))
    slot.dropped = round(_counted(recording, names.DROPPED_ITERATIONS.name))
    slot.received = _counted(recording, names.DATA_RECEIVED.name)
    slot.sent = _counted(recording, names.DATA_SENT.name)
    return slot


def _counted(recording: Recording, name: str) -> float:
    tally = recording.select(name)
    return tally.value if isinstance(tally, Counter) else 0.0


def _joined(slots: Iterable[Slot]) -> Slot:
    whole = Slot()
    for slot in slots:
        whole.merge(slot)
    whole.latency.pack()
    return whole
