"""A run as Prometheus text, to be scraped while it goes on.

Names are Plimsoll's own and follow Prometheus' conventions: `plimsoll_` and the metric's name. A counter ends in
`_total`; a rate is a counter `_total` with the label `value`, `true` or `false`; a trend is a histogram, times in
seconds; a gauge is a gauge. Tags are labels. So `http_req_duration` becomes
`plimsoll_http_req_duration_seconds_bucket{name="create",le="0.5"}`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate
from typing import Final

from plimsoll.measure.recording import Contains, Metric, Recording, Tags, merge_tally
from plimsoll.measure.tallies import Counter, Gauge, Rate, Tally, Trend

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SERIES: Final = 1_000
"""How many series one metric may have; what is beyond is one series whose tags all read `other`."""
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_PLAIN: Final = tuple(step * 10.0**power for power in range(-3, 10) for step in (1.0, 2.5, 5.0))


def exposition(whole: Recording, elapsed: timedelta) -> str:
    """Return it as text format 0.0.4.

    Args:
        whole: All that was recorded so far.
        elapsed: From the start of the load.
    """
    lines = ["# TYPE plimsoll_elapsed_seconds gauge", f"plimsoll_elapsed_seconds {elapsed.total_seconds()}"]
    for name in sorted(whole.metrics):
        lines += _family(whole.metrics[name], _bounded(whole, name))
    return "\n".join(lines) + "\n"


def _bounded(whole: Recording, name: str) -> dict[Tags, Tally]:
    found: dict[Tags, Tally] = {}
    for tags, tally in whole.of(name):
        if len(found) < SERIES:
            found[tags] = tally
            continue
        other = tuple((tag, "other") for tag, _ in tags)
        if other not in found:
            found[other] = whole.metrics[name].tally()
        merge_tally(found[other], tally)
    return found


def _family(metric: Metric, series: dict[Tags, Tally]) -> Iterator[str]:
    base = f"plimsoll_{re.sub('[^a-zA-Z0-9_]', '_', metric.name)}"
    kinds = {"counter": ("_total", "counter"), "rate": ("_total", "counter"), "gauge": ("", "gauge")}
    unit = "_seconds" if metric.contains is Contains.TIME else "_bytes" if metric.contains is Contains.DATA else ""
    suffix, kind = kinds.get(metric.kind, ("", "histogram"))
    full = f"{base}{unit}{suffix}"
    yield f"# TYPE {full} {kind}"
    for tags, tally in series.items():
        match tally:
            case Counter():
                yield f"{full}{_labels(tags)} {tally.value:.15g}"
            case Gauge():
                scale = 1000.0 if metric.contains is Contains.TIME else 1.0
                yield f"{full}{_labels(tags)} {tally.value / scale:.15g}"
            case Rate():
                yield f"{full}{_labels(tags, ('value', 'true'))} {tally.hits}"
                yield f"{full}{_labels(tags, ('value', 'false'))} {tally.count - tally.hits}"
            case Trend():
                yield from _histogram(full, tags, tally, metric.contains)


def _histogram(name: str, tags: Tags, trend: Trend, contains: Contains) -> Iterator[str]:
    bounds = _SECONDS if contains is Contains.TIME else _PLAIN
    unit = trend.scale * (1000.0 if contains is Contains.TIME else 1.0)
    counts = [0] * (len(bounds) + 1)
    for low, high, times in trend.histogram.spread():
        counts[bisect_left(bounds, (low + high) / 2 / unit)] += times
    for bound, so_far in zip((*(f"{each:g}" for each in bounds), "+Inf"), accumulate(counts), strict=True):
        yield f"{name}_bucket{_labels(tags, ('le', bound))} {so_far}"
    yield f"{name}_sum{_labels(tags)} {trend.histogram.total / unit:.15g}"
    yield f"{name}_count{_labels(tags)} {trend.histogram.count}"


def _labels(tags: Tags, *more: tuple[str, str]) -> str:
    """Return labels in braces; a tag that is called as one of Prometheus' own gets `tag_` before it."""
    taken = {name for name, _ in more}
    pairs = [(f"tag_{name}" if name in taken else _label(name), value) for name, value in tags]
    text = ",".join(f'{name}="{_escaped(value)}"' for name, value in (*pairs, *more))
    return f"{{{text}}}" if text else ""


def _label(name: str) -> str:
    plain = re.sub("[^a-zA-Z0-9_]", "_", name)
    return f"tag_{plain}" if not plain or plain[0].isdigit() or plain.startswith("__") or plain == "le" else plain


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
