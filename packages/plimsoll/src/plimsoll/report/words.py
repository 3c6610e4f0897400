"""Numbers and names as people read them, the same in every report."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from plimsoll.measure.conditions import condition_in, selector_of
from plimsoll.measure.durations import in_words
from plimsoll.measure.names import BUILT_IN
from plimsoll.measure.recording import Contains, Kind, Metric
from plimsoll.measure.run import Judged, Verdict
from plimsoll.report.findings import Findings

_MARKS: Final = {True: "✓", False: "✗", None: "?"}
_BYTES: Final = ("B", "kB", "MB", "GB", "TB")


def milliseconds(value: float) -> str:
    """Return a time in the unit that suits it, as k6 does: `158ns`, `56.54µs`, `43.53ms`, `1.26s`, `2m3s`."""
    size = abs(value)
    for bound, factor, unit in ((0.001, 1e6, "ns"), (1.0, 1e3, "µs"), (1000.0, 1.0, "ms"), (60_000.0, 1e-3, "s")):
        if size < bound:
            return f"{_short(value * factor)}{unit}" if value else "0s"
    return in_words(timedelta(seconds=round(value / 1000)))


def lasting(length: timedelta) -> str:
    """Return a length of time; of more than ten seconds whole ones, of more than one tenths."""
    seconds = length.total_seconds()
    digits = 0 if seconds > 10 else 1 if seconds > 1 else 3  # noqa: PLR2004 - as said
    return in_words(timedelta(seconds=round(seconds, digits)))


def data(value: float) -> str:
    """Return bytes in the unit that suits them: `384 MB`."""
    size, unit = abs(value), 0
    while size >= 1000 and unit < len(_BYTES) - 1:  # noqa: PLR2004 - kilo
        size, unit = size / 1000, unit + 1
    return f"{_short(size)} {_BYTES[unit]}"


def count(value: float) -> str:
    """Return a count or a plain number: `17,044`, `0.25`."""
    return f"{value:,.0f}" if value == round(value) else _short(value)


def rate(value: float) -> str:
    """Return how many a second: `567.96/s`."""
    return f"{_short(value)}/s"


def share(value: float) -> str:
    """Return a share as percent; one that is small and not nothing is never shown as nothing."""
    percent = value * 100
    if percent and abs(percent) < 0.01:  # noqa: PLR2004 - what two digits show
        return "<0.01%"
    if 99.99 < percent < 100:  # noqa: PLR2004 - as above
        return ">99.99%"
    return f"{percent:.2f}%"


def figure(name: str, value: float, metric: Metric) -> str:
    """Return a figure of a metric with its unit.

    Args:
        name: Which, for example `p(95)` or `rate`.
        value: In the metric's units.
        metric: Of which.
    """
    if name == "rate":
        return share(value) if metric.kind is Kind.RATE else f"{_amount(value, metric.contains)}/s"
    return (
        count(value)
        if name in {"count", "passes", "fails"} and metric.contains is not Contains.DATA
        else _amount(value, metric.contains)
    )


def actual(judged: Judged, metric: Metric | None = None) -> str:
    """Return what a threshold was judged by, with its unit; `no data` where there was none."""
    if judged.actual is None:
        return "no data"
    name = condition_in(judged.condition, judged.metric).figure
    known = metric or BUILT_IN.get(selector_of(judged.metric).metric)
    return f"{name}={figure(name, judged.actual, known)}" if known else f"{name}={count(judged.actual)}"


def mark(holds: bool | None) -> str:  # noqa: FBT001 - one of three, and the only argument
    """Return the sign for what holds, what does not, and what could not be judged."""
    return _MARKS[holds]


def clean(text: str) -> str:
    """Return a name without what could move a cursor, break a line or hide text: shown, and harmless."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def verdict(found: Findings) -> str:
    """Return the verdict and why, as a sentence."""
    match found.verdict:
        case Verdict.INVALID:
            return "This run says nothing about the service: the load generator itself was the bottleneck."
        case Verdict.FAIL:
            crossed = sum(each.holds is False for each in found.thresholds)
            return f"{crossed} of {len(found.thresholds)} thresholds {'was' if crossed == 1 else 'were'} crossed."
        case Verdict.PASS if found.thresholds:
            held = sum(each.holds is True for each in found.thresholds)
            unjudged = len(found.thresholds) - held
            rest = f"; {unjudged} could not be judged, for nothing was recorded" if unjudged else ""
            return f"{held} of {len(found.thresholds)} thresholds held{rest}."
        case Verdict.PASS:
            return "No thresholds were set, so there was nothing to cross."


def shortened(found: Findings) -> str:
    """Return by how much a run was shortened, as a sentence; empty for one of full length."""
    if found.time_scale == 1:
        return ""
    what = "those of the scenarios, and windows and delays of thresholds"
    return f"All durations were divided by {found.time_scale:g}: {what}."


def burned(found: Findings) -> str:
    """Return what the run burned of a month's error budget, as a sentence; empty where nothing is known."""
    if found.burn is None:
        return ""
    objective = f"{found.burn.objective * 100:g} %"
    if not found.burn.speed:
        return f"Of a month's error budget at {objective} this run burned nothing."
    return (
        f"Of a month's error budget at {objective} this run would have burned {share(found.burn.share)} "
        f"in {lasting(found.lasted)}: {_short(found.burn.speed)} times as fast as the month allows."
    )


def _amount(value: float, contains: Contains) -> str:
    match contains:
        case Contains.TIME:
            return milliseconds(value)
        case Contains.DATA:
            return data(value)
        case Contains.DEFAULT:
            return count(value)


def _short(value: float) -> str:
    """Two decimals below a hundred, one below a thousand, none above; no zeros at the end."""
    digits = 2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0  # noqa: PLR2004 - as said
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
