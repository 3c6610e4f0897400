"""Which plots a report shows: the run over time, and how latency is distributed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from plimsoll.measure.durations import in_words
from plimsoll.measure.histogram import Histogram
from plimsoll.report import words
from plimsoll.report.findings import Findings, Point
from plimsoll.report.plots import Line, Plot, Scale, Tick, bars, line, scale_of

_MILLISECOND: Final = 1e6
_BINS: Final = 48
_NINES: Final = ((0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9"), (0.9999, "p99.99"))
_STEPS: Final = 160

_Words = Callable[[float], str]


def over_time(found: Findings) -> Iterator[Plot]:
    """Yield the plots of the run over time; none where it is not known."""
    points = found.points
    if not points:
        return
    yield _latency(points)
    planned = [each.planned for each in points]
    yield _series(
        "Rate",
        points,
        [
            ("planned iterations", "plan", planned),  # a wide band, for what keeps to the plan lies on it
            ("requests", "first", [each.rate for each in points]),
            ("iterations", "second", [each.iterations for each in points]),  # dashes, which let the line below be seen
        ],
        words.rate,
    )
    yield _series(
        "Failed and dropped",
        points,
        [
            ("failed requests", "third", [each.failed for each in points]),
            ("dropped iterations", "planned", [each.dropped for each in points]),
        ],
        words.rate,
    )
    yield _series("Busy virtual users", points, [("users", "first", [each.vus for each in points])], words.count)


def distribution(found: Findings) -> Iterator[Plot]:
    """Yield the plots of how latency is distributed; none where it is not known."""
    service = found.service
    latency = found.latency or service
    if latency is None or latency.low is None or latency.high is None:
        return
    both = [each for each in (latency, service) if each is not None and each.low is not None and each.high is not None]
    low = max(min(each.low or 0 for each in both) / _MILLISECOND, 1e-3)
    high = max(max(each.high or 0 for each in both) / _MILLISECOND, low * 1.01)
    named = "latency" if found.latency else "service time"
    yield _percentiles(named, latency, None if service is latency else service)
    yield _bars(named, latency, None if service is latency else service, Scale(low * 0.95, high * 1.05, is_log=True))


def _latency(points: Sequence[Point]) -> Plot:
    def of(number: int) -> list[float | None]:
        return [each.latency[number] if each.latency else None for each in points]

    named = [("max", "planned", of(3)), ("p99", "third", of(2)), ("p95", "second", of(1)), ("p50", "first", of(0))]
    return _series("Latency", points, named, words.milliseconds, may_be_log=True)


def _series(
    title: str,
    points: Sequence[Point],
    named: Sequence[tuple[str, str, Sequence[float | None]]],
    say: _Words,
    *,
    may_be_log: bool = False,
) -> Plot:
    known = [each for each in named if any(value is not None for value in each[2])]
    values = [value for _, _, each in known for value in each if value is not None]
    scale = scale_of(values, may_be_log=may_be_log)
    time = Scale(0.0, points[-1].at + points[-1].seconds)
    across = [time.at(each.at + each.seconds / 2) for each in points]
    readout = {"at": tuple(_clock(each.at) for each in points)}
    readout |= {
        name: tuple("none" if value is None else say(value) for value in each) for name, _, each in reversed(known)
    }
    return Plot(
        title=title,
        said=f"{title} over time: " + "; ".join(_range(name, each, say) for name, _, each in reversed(known)),
        lines=tuple(Line(name, style, line(across, each, scale)) for name, style, each in known),
        across=time.ticks(_clock, most=4),
        up=scale.ticks(say),
        points=tuple(round(each * 100, 2) for each in across),
        readout=readout,
        note="logarithmic scale" if scale.is_log else "",
    )


def _range(name: str, values: Sequence[float | None], say: _Words) -> str:
    known = [value for value in values if value is not None]
    return f"{name} from {say(min(known))} to {say(max(known))}"


def _percentiles(named: str, latency: Histogram, service: Histogram | None) -> Plot:
    """Latency by percentile, the last nines as wide as the first, as HDR plots are drawn."""
    last = min(max(math.log10(latency.count), 1.0), 5.0)
    ticks = [(-math.log10(1 - share), text) for share, text in _NINES]
    nines = sorted({last * number / _STEPS for number in range(_STEPS + 1)} | {at for at, _ in ticks if at <= last})
    percents = tuple(round(100 * (1 - 10**-each), 6) for each in nines)
    known = [(named, "first", latency)] + ([("service time", "second", service)] if service else [])
    read = {name: [each / _MILLISECOND for each in one.percentiles(percents)] for name, _, one in known}
    scale = scale_of([value for each in read.values() for value in each], may_be_log=True)
    across = [each / last for each in nines]
    readout = {"at": tuple(f"p{_percent(each)}" for each in percents)}
    readout |= {name: tuple(words.milliseconds(value) for value in values) for name, values in read.items()}
    return Plot(
        title="Latency by percentile",
        said="; ".join(_ends(name, one) for name, _, one in known),
        lines=tuple(Line(name, style, line(across, read[name], scale)) for name, style, _ in reversed(known)),
        across=tuple(Tick(round(at / last * 100, 2), text) for at, text in ticks if at <= last),
        up=scale.ticks(words.milliseconds),
        points=tuple(round(each * 100, 2) for each in across),
        readout=readout,
        note="each nine as wide as the one before" + (", logarithmic scale" if scale.is_log else ""),
    )


def _ends(name: str, one: Histogram) -> str:
    median, longest = (words.milliseconds(one.percentile(each) / _MILLISECOND) for each in (50, 100))
    return f"{name}: median {median}, longest {longest}"


def _span(low: float, high: float) -> str:
    return f"{words.milliseconds(low)} to {words.milliseconds(high)}"


def _bars(named: str, latency: Histogram, service: Histogram | None, scale: Scale) -> Plot:
    shares = _binned(latency, scale)
    others = _binned(service, scale) if service else []
    up = scale_of([*shares, *others])
    edges = [(number / _BINS, (number + 1) / _BINS) for number in range(_BINS)]
    lines = [Line(named, "first area", bars([(a + 0.001, b - 0.001) for a, b in edges], shares, up))]
    readout = {
        "at": tuple(
            f"{words.milliseconds(_value(a, scale))} to {words.milliseconds(_value(b, scale))}" for a, b in edges
        ),
        named: tuple(words.share(each) for each in shares),
    }
    if service:
        middles = [(a + b) / 2 for a, b in edges]
        lines.append(Line("service time", "second", line(middles, others, up)))
        readout["service time"] = tuple(words.share(each) for each in others)
    return Plot(
        title="Latency distribution",
        said=f"Share of requests by {named}, most of them between "
        f"{words.milliseconds(latency.percentile(5) / _MILLISECOND)} and "
        f"{words.milliseconds(latency.percentile(95) / _MILLISECOND)}",
        lines=tuple(lines),
        across=scale.ticks(words.milliseconds, most=6),
        up=up.ticks(lambda value: f"{value * 100:g}%"),
        points=tuple(round((a + b) * 50, 2) for a, b in edges),
        readout=readout,
        note="share of requests, logarithmic scale across",
    )


def _binned(histogram: Histogram, scale: Scale) -> list[float]:
    """Return the share of values in each bin; a bucket that spans bins counts for each by its part."""
    found = [0.0] * _BINS
    for low, high, times in histogram.spread():
        left, right = (scale.at(each / _MILLISECOND) * _BINS for each in (low, high + 1))
        first, last = min(int(left), _BINS - 1), min(int(right), _BINS - 1)
        for number in range(first, last + 1):
            part = (min(right, number + 1) - max(left, number)) / (right - left) if right > left else 1.0
            found[number] += times * part / histogram.count
    return found


def _value(share: float, scale: Scale) -> float:
    return scale.low * math.pow(scale.high / scale.low, share)


def _percent(percent: float) -> str:
    return f"{percent:.4f}".rstrip("0").rstrip(".")


def _clock(seconds: float) -> str:
    return in_words(timedelta(seconds=round(seconds)))
