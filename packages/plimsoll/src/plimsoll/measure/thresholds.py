"""Thresholds: read as k6 writes them, judged on a recording, while a run goes on and at its end.

More than k6's: a threshold with a `window` shall hold in *every* stretch of the run of that length, not only over the
whole, where ten good minutes hide a bad one. One per stage needs nothing of its own: `http_req_duration{stage:2}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from plimsoll.errors import InvalidInput
from plimsoll.measure.conditions import (
    IN_EVERY,
    Condition,
    Selector,
    check_kind,
    condition_of,
    figure_of,
    nearest_metric,
    selector_of,
)
from plimsoll.measure.durations import duration_of, in_words
from plimsoll.measure.names import BUILT_IN
from plimsoll.measure.recording import Kind, Metric, Recording
from plimsoll.measure.run import Judged
from plimsoll.measure.tallies import Counter, Tally
from plimsoll.measure.windows import Window

_KEYS: Final = frozenset({"threshold", "abortOnFail", "delayAbortEval", "window"})
_SHAPE: Final = "give conditions as text, or as {threshold, abortOnFail, delayAbortEval, window}"

SHORTEST_WINDOW: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Threshold:
    """What shall be so of a run.

    Attributes:
        metric: With its tags, as it was written.
        condition: As it was written.
        selector: What `metric` says.
        judged: What `condition` says.
        abort_on_fail: Whether the run ends when it is crossed.
        delay_abort: How long after the start of the run that can happen first.
        window: In every stretch of this length it shall hold; None for the run as a whole.
    """

    metric: str
    condition: str
    selector: Selector
    judged: Condition
    abort_on_fail: bool = False
    delay_abort: timedelta = timedelta(0)
    window: timedelta | None = None

    @property
    def words(self) -> str:
        """The condition as reports show it: with its window."""
        return self.condition if self.window is None else f"{self.condition}{IN_EVERY}{in_words(self.window)}"


def thresholds_of(plain: Mapping[str, Any], known: Mapping[str, Metric] | None = None) -> tuple[Threshold, ...]:
    """Read thresholds as k6's options hold them.

    Args:
        plain: By metric a condition or a list of conditions, each a text or a mapping of `threshold`, `abortOnFail`,
            `delayAbortEval` and `window`.
        known: All metrics that the run can record; None where flows may bring their own, which are then not checked.

    Raises:
        InvalidInput: A condition is none, or asks what its metric does not have; or the metric is not known.
    """
    found = [
        threshold_of(metric, one)
        for metric, each in plain.items()
        for one in (each if isinstance(each, Sequence) and not isinstance(each, str) else [each])
    ]
    check_thresholds(found, known)
    return tuple(found)


def threshold_of(metric: str, plain: Any) -> Threshold:
    """Read one threshold: a condition as text, or a mapping.

    Raises:
        InvalidInput: It is neither.
    """
    where = f"thresholds.{metric}"
    selector = selector_of(metric)
    match plain:
        case str():
            return Threshold(metric, plain.strip(), selector, condition_of(plain, where))
        case {"threshold": str() as text, **rest} if rest.keys() <= _KEYS:
            return Threshold(
                metric,
                text.strip(),
                selector,
                condition_of(text, where),
                abort_on_fail=_flag(rest.get("abortOnFail", False), f"{where}.abortOnFail"),
                delay_abort=_length(rest.get("delayAbortEval"), f"{where}.delayAbortEval") or timedelta(0),
                window=_window(rest.get("window"), f"{where}.window"),
            )
        case _:
            raise InvalidInput(where, f"{plain!r} is no threshold", _SHAPE)


def threshold_in_words(text: str) -> Threshold:
    """Read one from the command line: `http_req_duration{name:create}:p(95)<500`.

    Raises:
        InvalidInput: It is none.
    """
    metric, colon, condition = text.rpartition(":")
    if not colon:
        remedy = "write metric, colon and condition, such as http_req_duration:p(95)<500"
        raise InvalidInput("--threshold", f"{text!r} is no threshold", remedy)
    return threshold_of(metric.strip(), condition)


def check_thresholds(thresholds: Iterable[Threshold], known: Mapping[str, Metric] | None = None) -> None:
    """Refuse thresholds on metrics that nothing records, and on figures they do not have.

    Args:
        thresholds: What to look at.
        known: All metrics that the run can record; None to check only the built-in ones' figures.

    Raises:
        InvalidInput: There is such a one.
    """
    for each in thresholds:
        metric = (known or BUILT_IN).get(each.selector.metric)
        if metric is not None:
            check_kind(each.judged, metric, f"thresholds.{each.metric}")
        elif known is not None:
            raise nearest_metric(each.selector.metric, known)


def scaled(threshold: Threshold, by: float) -> Threshold:
    """Return a threshold of a run whose durations are divided by a factor: its delay and window are too.

    No window becomes shorter than a second, for that is how often a run is looked at.
    """
    window = None if threshold.window is None else max(threshold.window / by, min(threshold.window, SHORTEST_WINDOW))
    return replace(threshold, delay_abort=threshold.delay_abort / by, window=window)


class Judge:
    """Judges one run: fed once a second with what that second recorded, asked whenever.

    Its memory is bounded: a windowed threshold keeps at most sixty tallies, whatever the window.

    Args:
        thresholds: What shall be so.
        known: The kinds of metrics that may come to be recorded, so that a counter that never counted reads 0.
    """

    def __init__(self, thresholds: Iterable[Threshold], known: Mapping[str, Metric] = BUILT_IN) -> None:
        self.thresholds = tuple(thresholds)
        self._known = known
        self._aborted: Threshold | None = None
        self._windows = {each: Window(each.judged, each.window) for each in self.thresholds if each.window}

    def feed(self, part: Recording, elapsed: timedelta) -> None:
        """Take what was recorded since the last time.

        Args:
            part: That alone.
            elapsed: From the start of the run to the end of that part.
        """
        for threshold, window in self._windows.items():
            window.feed(self._tally(part, threshold.selector), elapsed)

    def judge(self, recording: Recording, elapsed: timedelta) -> tuple[Judged, ...]:
        """Judge all thresholds on all that was recorded so far."""
        tallies: dict[Selector, Tally | None] = {}
        return tuple(self._judged(each, recording, elapsed, tallies) for each in self.thresholds)

    def aborting(self, recording: Recording, elapsed: timedelta) -> Judged | None:
        """Return the first threshold whose crossing ends the run now; None while it goes on."""
        due = [each for each in self.thresholds if each.abort_on_fail and elapsed >= each.delay_abort]
        tallies: dict[Selector, Tally | None] = {}
        for each in due:
            judged = self._judged(each, recording, elapsed, tallies)
            if judged.holds is False:
                self._aborted = each
                return replace(judged, aborted=True)
        return None

    def _judged(
        self, threshold: Threshold, recording: Recording, elapsed: timedelta, tallies: dict[Selector, Tally | None]
    ) -> Judged:
        if window := self._windows.get(threshold):
            holds, actual = window.judged()
        else:
            if threshold.selector not in tallies:
                tallies[threshold.selector] = self._tally(recording, threshold.selector)
            holds, actual = _judge_one(threshold.judged, tallies[threshold.selector], elapsed)
        return Judged(threshold.metric, threshold.words, holds, actual, aborted=threshold is self._aborted)

    def _tally(self, recording: Recording, selector: Selector) -> Tally | None:
        tally = recording.select(selector.metric, dict(selector.tags))
        metric = recording.metrics.get(selector.metric) or self._known.get(selector.metric)
        return Counter() if tally is None and metric is not None and metric.kind is Kind.COUNTER else tally


def judge(
    thresholds: Iterable[Threshold],
    recording: Recording,
    elapsed: timedelta,
    known: Mapping[str, Metric] = BUILT_IN,
) -> tuple[Judged, ...]:
    """Judge thresholds on a whole run; those with a window are judged as one window, for the seconds are not known."""
    judge = Judge(thresholds, known)
    judge.feed(recording, elapsed)
    return judge.judge(recording, elapsed)


def _judge_one(condition: Condition, tally: Tally | None, elapsed: timedelta) -> tuple[bool | None, float | None]:
    actual = None if tally is None else figure_of(tally, condition, elapsed.total_seconds())
    return (None, None) if actual is None else (condition.holds(actual), actual)


def _flag(plain: Any, where: str) -> bool:
    if not isinstance(plain, bool):
        raise InvalidInput(where, f"{plain!r} is neither true nor false", "give true or false")
    return plain


def _length(plain: Any, where: str) -> timedelta | None:
    match plain:
        case None:
            return None
        case str():
            return duration_of(plain, where)
        case _:
            raise InvalidInput(where, f"{plain!r} is no length of time", "write it as text, such as 30s")


def _window(plain: Any, where: str) -> timedelta | None:
    length = _length(plain, where)
    if length is not None and length < SHORTEST_WINDOW:
        raise InvalidInput(where, f"{plain!r} is shorter than a second", "give at least 1s")
    return length
