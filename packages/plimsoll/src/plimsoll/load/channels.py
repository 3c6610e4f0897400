"""The hot recording: what each request and iteration adds to, and how that becomes a recording once a second.

A *channel* is what is recorded of requests with the same tags. Adding to it extends one list of whole numbers; a few
hundred requests at a time they are counted into histograms, column by column, so the cost of a request stays at a few
tenths of a microsecond for each of its figures and no pause is long enough to make an arrival late.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plimsoll.load.client.exchange import Exchange
from plimsoll.measure import names
from plimsoll.measure.histogram import Histogram
from plimsoll.measure.recording import Metric, Tags
from plimsoll.measure.tallies import TIME_SCALE, Counter, Rate, Tally, Trend

Series = tuple[Metric, Tags, Tally]

_TRENDS: Final = (
    names.HTTP_REQ_DURATION,
    names.HTTP_REQ_LATENCY,
    names.HTTP_REQ_BLOCKED,
    names.HTTP_REQ_SENDING,
    names.HTTP_REQ_WAITING,
    names.HTTP_REQ_RECEIVING,
)
_WIDTH: Final = len(_TRENDS) + 2  # and bytes sent and received
_BATCH: Final = 512
_FULL: Final = _BATCH * _WIDTH


class RequestChannel:
    """What is recorded of requests with the same tags.

    Args:
        tags: Those.
        failed: Whether they are failures.
    """

    __slots__ = ("_connecting", "_failed", "_received", "_sent", "_tags", "_tls", "_trends", "_values")

    def __init__(self, tags: Tags, *, failed: bool) -> None:
        self._tags, self._failed = tags, failed
        self._values: list[int] = []
        self._reset()

    def add(self, exchange: Exchange, due: int) -> None:
        """Count a request that was due at an instant.

        The durations are those of `Exchange`, written out: a call for each would cost as much as all of this.
        """
        ready, finished = exchange.ready, exchange.finished
        if ready and exchange.first_at >= exchange.sent_at > 0:
            sent_at, first_at = exchange.sent_at, exchange.first_at
            self._values += (
                finished - ready,
                finished - due,
                ready - exchange.started,
                sent_at - ready,
                first_at - sent_at,
                finished - first_at,
                exchange.sent,
                exchange.received,
            )
        else:
            self._values += (
                exchange.duration,
                finished - due,
                exchange.blocked,
                exchange.sending,
                exchange.waiting,
                exchange.receiving,
                exchange.sent,
                exchange.received,
            )
        if not exchange.reused:
            self._connecting.append(exchange.connecting)
            self._tls.append(exchange.tls)
        if len(self._values) >= _FULL:
            self._count()

    def drain(self) -> Iterator[Series]:
        """Yield what was recorded since the last time, and begin anew."""
        self._count()
        if not (count := self._trends[0].count):
            return
        tags, trends = self._tags, self._trends
        tallies: list[tuple[Metric, Tally]] = [
            (names.HTTP_REQS, Counter(count)),
            (names.HTTP_REQ_FAILED, Rate(count if self._failed else 0, count)),
            (names.DATA_SENT, Counter(self._sent)),
            (names.DATA_RECEIVED, Counter(self._received)),
            (names.HTTP_REQ_CONNECTING, _with_zeros(self._connecting, count)),
            (names.HTTP_REQ_TLS_HANDSHAKING, _with_zeros(self._tls, count)),
            *((metric, Trend(trend)) for metric, trend in zip(_TRENDS, trends, strict=True)),
        ]
        self._reset()
        for metric, tally in tallies:
            yield metric, tags, tally

    def _count(self) -> None:
        if not (values := self._values):
            return
        for column, trend in enumerate(self._trends):
            trend.record_all(values[column::_WIDTH])
        self._sent += sum(values[_WIDTH - 2 :: _WIDTH])
        self._received += sum(values[_WIDTH - 1 :: _WIDTH])
        values.clear()

    def _reset(self) -> None:
        self._trends = tuple(Histogram() for _ in _TRENDS)
        self._sent = self._received = 0
        self._connecting: list[int] = []
        self._tls: list[int] = []


class IterationChannel:
    """What is recorded of the iterations of a scenario.

    Args:
        tags: The scenario's.
    """

    __slots__ = ("_durations", "_late", "_lateness", "_tags", "_took", "dropped", "errors", "interrupted", "taken")

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self._durations = Histogram()
        self._lateness = Histogram()
        self._took: list[int] = []
        self._late: list[int] = []
        self.dropped = self.interrupted = 0
        self.taken = 0
        self.errors: dict[str, int] = {}

    def add(self, took: int) -> None:
        """Count an iteration that ended, with nanoseconds."""
        self._took.append(took)
        if len(self._took) >= _BATCH:
            self._count()

    def late(self, by: int) -> None:
        """Count by how many nanoseconds one started after it was due."""
        self._late.append(max(0, by))

    def drain(self) -> Iterator[Series]:
        """Yield what was recorded since the last time, and begin anew."""
        self._count()
        tags = self._tags
        if count := self._durations.count:
            yield names.ITERATIONS, tags, Counter(count)
            yield names.ITERATION_DURATION, tags, Trend(self._durations)
            yield names.USER_TIME, tags, Counter(self.taken / TIME_SCALE)
            self._durations, self.taken = Histogram(), 0
        if self._lateness.count:
            yield names.ITERATION_LATENESS, tags, Trend(self._lateness)
            self._lateness = Histogram()
        if self.dropped:
            yield names.DROPPED_ITERATIONS, tags, Counter(self.dropped)
            self.dropped = 0
        if self.interrupted:
            yield names.INTERRUPTED_ITERATIONS, tags, Counter(self.interrupted)
            self.interrupted = 0
        for code, count in self.errors.items():
            yield names.ITERATION_ERRORS, tuple(sorted((*tags, (names.TAG_ERROR, code)))), Counter(count)
        self.errors.clear()

    def _count(self) -> None:
        self._durations.record_all(self._took)
        self._lateness.record_all(self._late)
        self._took.clear()
        self._late.clear()


def _with_zeros(values: list[int], count: int) -> Trend:
    trend = Trend()
    trend.histogram.record(0, count - len(values))
    trend.histogram.record_all(values)
    return trend
