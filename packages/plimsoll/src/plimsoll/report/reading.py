"""From a run to what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from plimsoll.measure import names
from plimsoll.measure.conditions import selector_of
from plimsoll.measure.histogram import Histogram
from plimsoll.measure.recording import Recording, Tags, merge_tally
from plimsoll.measure.run import Judged, Run, Scenario
from plimsoll.measure.summary import values_of
from plimsoll.measure.tallies import Counter, Rate, Tally, Trend
from plimsoll.measure.timeline import Slot
from plimsoll.report.findings import Check, Endpoint, Failure, Figures, Findings, Point, burn_of

_LATENCY: Final = (50.0, 90.0, 95.0, 99.0, 99.9, 100.0)
_SERVICE: Final = (50.0, 95.0, 99.0)
_OVER_TIME: Final = (50.0, 95.0, 99.0, 100.0)
_MILLISECOND: Final = 1e6
_WHOLE: Final = 0.5
"""A last stretch that the run filled by less than this is part of the one before: its rate would say nothing."""
_SHOWN: Final = (90.0, 95.0, 99.0, 99.9)


def findings_of(run: Run) -> Findings:
    """Return what is said of a run.

    Args:
        run: Whole or a shard.
    """
    recording, seconds = run.recording, run.lasted.total_seconds()
    requests = _rate(recording.select(names.HTTP_REQ_FAILED.name))
    return Findings(
        name=run.name,
        verdict=run.verdict,
        lasted=run.lasted,
        reasons=run.reasons,
        warnings=run.warnings,
        partial=run.partial,
        started_at=run.started_at,
        scenarios=run.scenarios,
        metrics=tuple(_metrics(recording, run.thresholds, seconds)),
        thresholds=run.thresholds,
        checks=_checks(run),
        endpoints=_endpoints(recording, seconds),
        failures=_failures(run, requests.count),
        points=_points(run),
        latency=_histogram(recording.select(names.HTTP_REQ_LATENCY.name)),
        service=_histogram(recording.select(names.HTTP_REQ_DURATION.name)),
        burn=burn_of(requests.count, requests.hits, run.lasted, run.objective),
        is_open=any(each.is_open for each in run.scenarios),
        shards=run.shards,
        time_scale=run.time_scale,
        environment=run.environment,
    )


def planned_rate(scenarios: Iterable[Scenario], begin: float, end: float) -> float | None:
    """Return how many iterations a second were planned on average between two instants, in seconds after the start.

    Returns:
        None where no scenario of an open model says what it plans.
    """
    planned = [each for each in scenarios if each.is_open and each.plan]
    if not planned or end <= begin:
        return None
    return sum(_area(each, begin, end) for each in planned) / (end - begin)


def _area(scenario: Scenario, begin: float, end: float) -> float:
    start = scenario.starts_after.total_seconds()
    whole, points = 0.0, [(start + at.total_seconds(), value) for at, value in scenario.plan]
    for (left, low), (right, high) in pairwise(points):
        a, b = max(left, begin), min(right, end)
        if b > a:
            slope = (high - low) / (right - left)
            whole += (b - a) * (low + slope * ((a + b) / 2 - left))
    return whole


def _metrics(recording: Recording, thresholds: Iterable[Judged], seconds: float) -> Iterable[Figures]:
    for name in sorted(recording.metrics):
        if (tally := recording.select(name)) is not None:
            yield Figures(recording.metrics[name], name, values_of(tally, seconds, _SHOWN))
    for written in dict.fromkeys(each.metric for each in thresholds):
        selector = selector_of(written)
        metric, tags = recording.metrics.get(selector.metric), dict(selector.tags)
        if metric is not None and tags and (tally := recording.select(selector.metric, tags)) is not None:
            yield Figures(metric, written, values_of(tally, seconds, _SHOWN), selector.tags)


def _checks(run: Run) -> tuple[Check, ...]:
    found: dict[tuple[str, str], Rate] = {}
    for tags, tally in run.recording.of(names.CHECKS.name):
        named = dict(tags)
        group = named.get(names.TAG_GROUP, "")
        key = (f"::{group.removeprefix('::')}" if group else "", named.get(names.TAG_CHECK, ""))
        found.setdefault(key, Rate()).merge(_rate(tally))
    return tuple(
        Check(group, name, rate.hits, rate.count - rate.hits, run.error_examples.get(f"check {name}", ""))
        for (group, name), rate in sorted(found.items())
    )


def _by_endpoint(recording: Recording, metric: str) -> dict[tuple[str, str], Tally]:
    found: dict[tuple[str, str], Tally] = {}
    for tags, tally in recording.of(metric):
        key = _endpoint(tags)
        if key not in found:
            found[key] = recording.metrics[metric].tally()
        merge_tally(found[key], tally)
    return found


def _endpoint(tags: Tags) -> tuple[str, str]:
    named = dict(tags)
    return named.get(names.TAG_METHOD, ""), named.get(names.TAG_NAME) or named.get("url", "")


def _endpoints(recording: Recording, seconds: float) -> tuple[Endpoint, ...]:
    latency = _by_endpoint(recording, names.HTTP_REQ_LATENCY.name)
    service = _by_endpoint(recording, names.HTTP_REQ_DURATION.name)
    found = [
        Endpoint(
            *key,
            (rate := _rate(tally)).count,
            rate.count / seconds if seconds > 0 else 0.0,
            rate.hits,
            _percentiles(latency.get(key), _LATENCY),
            _percentiles(service.get(key), _SERVICE),
        )
        for key, tally in _by_endpoint(recording, names.HTTP_REQ_FAILED.name).items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.requests, each.name, each.method)))


def _failures(run: Run, requests: int) -> tuple[Failure, ...]:
    found: dict[str, int] = {}
    for tags, tally in run.recording.of(names.HTTP_REQ_FAILED.name):
        if hits := _rate(tally).hits:
            code = _code(dict(tags))
            found[code] = found.get(code, 0) + hits
    failed = [Failure(code, count, count / requests, _example(run, code)) for code, count in found.items()]
    return tuple(sorted((*failed, *_raised(run)), key=lambda each: (-each.count, each.code)))


def _raised(run: Run) -> Iterator[Failure]:
    """Yield what flows raised: not the service's fault, and as much worth knowing; shares are of all iterations."""
    whole = run.recording.select(names.ITERATIONS.name)
    iterations = whole.value if isinstance(whole, Counter) else 0.0
    found: dict[str, float] = {}
    for tags, tally in run.recording.of(names.ITERATION_ERRORS.name):
        code = dict(tags).get(names.TAG_ERROR, "unknown")
        found[code] = found.get(code, 0.0) + (tally.value if isinstance(tally, Counter) else 0.0)
    for code, count in found.items():
        yield Failure(f"{code} (raised by the flow)", round(count), count / max(iterations, count), _example(run, code))


def _example(run: Run, code: str) -> str:
    """Return what one error of a code said; that of a status may be kept by the status alone."""
    return run.error_examples.get(code) or run.error_examples.get(code.removeprefix("status_"), "")


def _code(tags: dict[str, str]) -> str:
    status = tags.get(names.TAG_STATUS, "")
    return tags.get(names.TAG_ERROR) or (f"status_{status}" if status not in {"", "0"} else "unknown")


def _points(run: Run) -> tuple[Point, ...]:
    each, lasted = float(run.timeline.seconds), run.lasted.total_seconds()
    slots = list(run.timeline.slots)
    if len(slots) > 1 and lasted - (len(slots) - 1) * each < each * _WHOLE:
        slots[-2:] = [_joined(slots[-2], slots[-1])]
    last = len(slots) - 1
    return tuple(
        _point(run, number * each, each if number < last else max(lasted - number * each, each * _WHOLE), slot)
        for number, slot in enumerate(slots)
    )


def _joined(first: Slot, second: Slot) -> Slot:
    whole = Slot()
    whole.merge(first)
    whole.merge(second)
    return whole


def _point(run: Run, at: float, seconds: float, slot: Slot) -> Point:
    latency = slot.latency.percentiles(_OVER_TIME) if slot.latency.count else ()
    return Point(
        at=at,
        seconds=seconds,
        rate=slot.requests / seconds,
        iterations=slot.iterations / seconds,
        failed=slot.failed / seconds,
        dropped=slot.dropped / seconds,
        checks_failed=slot.checks_failed,
        vus=slot.vus,
        received=slot.received / seconds,
        sent=slot.sent / seconds,
        latency=tuple(each / _MILLISECOND for each in latency),
        planned=planned_rate(run.scenarios, at, at + seconds),
    )


def _percentiles(tally: Tally | None, percents: tuple[float, ...]) -> tuple[float, ...]:
    histogram = _histogram(tally)
    return tuple(each / _MILLISECOND for each in histogram.percentiles(percents)) if histogram else ()


def _histogram(tally: Tally | None) -> Histogram | None:
    return tally.histogram if isinstance(tally, Trend) and tally.histogram.count else None


def _rate(tally: Tally | None) -> Rate:
    return tally if isinstance(tally, Rate) else Rate()
