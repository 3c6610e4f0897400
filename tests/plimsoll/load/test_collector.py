"""What engines say, put together."""

from __future__ import annotations

import random

import msgspec

from plimsoll.load.collector import Collector
from plimsoll.load.messages import Slice
from plimsoll.measure import names
from plimsoll.measure.recording import Recording, tags
from plimsoll.measure.results import encode_recording
from plimsoll.measure.tallies import Counter, Gauge, Trend


def told(
    second: int, *, requests: int = 1, whole: bool = True, busy: int = 3, chance: random.Random | None = None
) -> Slice:
    """Return what an engine says of a second."""
    recording = Recording()
    counter = recording.tally(names.HTTP_REQS, tags(name="home"))
    assert isinstance(counter, Counter)
    counter.add(requests)
    if chance is not None:
        trend = recording.tally(names.HTTP_REQ_LATENCY, tags(name="home"))
        assert isinstance(trend, Trend)
        trend.histogram.record_all([round(chance.lognormvariate(15, 0.5)) for _ in range(50)])
    return Slice(second, msgspec.Raw(encode_recording(recording)), whole=whole, busy=busy, peak=busy + 1, users=9)


def requests(recording: Recording) -> float:
    tally = recording.select("http_reqs")
    return tally.value if isinstance(tally, Counter) else 0


def test_a_second_is_whole_when_all_engines_have_said_theirs() -> None:
    collector = Collector(2)

    collector.take(0, told(0))
    assert list(collector.seconds()) == []
    collector.take(1, told(0, requests=4))

    ((second, part),) = collector.seconds()
    assert second == 0
    assert requests(part) == 5
    assert requests(collector.whole) == 5


def test_pieces_of_a_second_add_up() -> None:
    collector = Collector(1)

    collector.take(0, told(0, whole=False))
    assert list(collector.seconds()) == []
    collector.take(0, told(0))

    ((_, part),) = collector.seconds()
    assert requests(part) == 2


def test_users_of_all_engines_add_up() -> None:
    collector = Collector(2)
    for engine in (0, 1):
        collector.take(engine, told(0, busy=3))

    ((_, part),) = collector.seconds()

    assert part.select("vus") == Gauge(6, 6, 8, 0)
    assert part.select("vus_max") == Gauge(18, 18, 18, 0)


def test_an_engine_that_ended_is_not_waited_for() -> None:
    collector = Collector(2)
    collector.leave(1)
    collector.take(0, told(0))

    assert [second for second, _ in collector.seconds()] == [0]


def test_an_engine_that_is_far_behind_is_not_waited_for_and_what_it_says_later_is_counted() -> None:
    collector = Collector(2)
    for second in range(8):
        collector.take(0, told(second))
    seen = [second for second, _ in collector.seconds()]
    for second in range(8):
        collector.take(1, told(second))
    seen += [second for second, _ in collector.seconds()]

    assert seen == list(range(8))
    assert requests(collector.whole) == 16


def test_a_run_of_an_hour_holds_what_one_of_a_minute_holds() -> None:
    chance = random.Random(4)
    collector = Collector(1)
    sizes = []
    for second in range(3_600):
        collector.take(0, told(second, chance=chance))
        assert len(list(collector.seconds())) == 1
        if second + 1 in {900, 3_600}:
            sizes.append(len(encode_recording(collector.whole)))

    assert sizes[1] < 1.2 * sizes[0]
    assert len(collector.timeline.slots) <= 240
    assert requests(collector.whole) == 3_600
