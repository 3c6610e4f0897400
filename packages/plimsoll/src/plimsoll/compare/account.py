"""What the gate says, for people and programs: Markdown for a pull request, and JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator

from plimsoll.compare.figures import Figure
from plimsoll.compare.gate import Gated, GateVerdict
from plimsoll.compare.paired import Comparison, Finding
from plimsoll.measure.run import Judged

_MARKS = {
    GateVerdict.PASS: "✅",
    GateVerdict.FAIL: "❌",
    GateVerdict.REGRESSED: "❌",
    GateVerdict.UNDECIDED: "❔",
    GateVerdict.INVALID: "⚠️",
}

_HOLDS = {True: "✓", False: "✗", None: "?"}


def markdown(gated: Gated) -> str:
    """Return a comment for a pull request: the verdict, why, budgets, and ratios with their intervals."""
    return "\n".join(_markdown(gated)) + "\n"


def text(gated: Gated) -> str:
    """Return the same for the terminal; the verdict last, where the eye is."""
    return "\n".join(_text(gated)) + "\n"


def plain(gated: Gated) -> dict[str, object]:
    """Return the same for programs; ratios above 1 are worse, bounds that are not known are null."""
    comparison = gated.comparison
    return {
        "verdict": gated.verdict,
        "reasons": list(gated.reasons),
        "thresholds": [_threshold(each) for each in (gated.candidate.thresholds if gated.candidate else ())],
        "ratios": [_finding(each) for each in (comparison.findings if comparison else ())],
        "noise": [_finding(each) for each in (comparison.noise if comparison else ())],
        "pairs": comparison.rounds if comparison else 0,
        "invalidPairs": comparison.invalid if comparison else 0,
    }


def _markdown(gated: Gated) -> Iterator[str]:
    yield f"### {_MARKS[gated.verdict]} Performance gate: {gated.verdict}"
    yield from ("", *(f"- {_inline(reason)}" for reason in gated.reasons)) if gated.reasons else ()
    if gated.candidate is not None and gated.candidate.thresholds:
        yield from ("", "| budget | holds | measured |", "|---|---|---|")
        yield from (_budget_row(each) for each in gated.candidate.thresholds)
    if gated.comparison is not None and gated.comparison.findings:
        yield from _ratio_table(gated.comparison)


def _text(gated: Gated) -> Iterator[str]:
    for judged in gated.candidate.thresholds if gated.candidate is not None else ():
        actual = "no data" if judged.actual is None else f"{judged.actual:.6g}"
        yield f"  {_HOLDS[judged.holds]} {judged.metric}: {judged.condition}  {actual}"
    comparison = gated.comparison
    if comparison is not None and comparison.findings:
        width = max(len(each.figure.name) for each in comparison.findings)
        for each in comparison.findings:
            worse = f"worse by {_percent(each.ratio.estimate):>7}  ({_span(each)})" if each.ratio.pairs else "no data"
            yield f"  {each.figure.name:<{width}}  {worse}  {each.ruling}"
        yield f"  {comparison.rounds} rounds counted, {comparison.invalid} set aside as invalid"
    yield from (f"  - {reason}" for reason in gated.reasons)
    yield f"  {gated.verdict}"


def _ratio_table(comparison: Comparison) -> Iterator[str]:
    confidence = f"{comparison.findings[0].ratio.confidence:.1%}"
    noise = {each.figure: each for each in comparison.noise}
    yield from ("", f"| figure | worse by | interval ({confidence}) | noise (A/A) | says |", "|---|---|---|---|---|")
    for each in comparison.findings:
        ratio, floor = each.ratio, _noise_of(each.figure, noise.get(each.figure))
        yield f"| {_cell(each.figure.name)} | {_percent(ratio.estimate)} | {_span(each)} | {floor} | {each.ruling} |"
    yield from ("", f"{comparison.rounds} rounds counted, {comparison.invalid} set aside as invalid.")


def _noise_of(figure: Figure, floor: Finding | None) -> str:
    return "-" if floor is None or floor.figure != figure else _percent(floor.ratio.estimate)


def _budget_row(judged: Judged) -> str:
    holds = {True: "yes", False: "**no**", None: "no data"}[judged.holds]
    actual = "-" if judged.actual is None else f"{judged.actual:.6g}"
    return f"| {_cell(f'{judged.metric}: {judged.condition}')} | {holds} | {actual} |"


def _span(finding: Finding) -> str:
    if not finding.ratio.pairs:
        return "no data"
    if not math.isfinite(finding.ratio.high):
        return "too few pairs"
    return f"{_percent(finding.ratio.low)} to {_percent(finding.ratio.high)}"


def _percent(ratio: float) -> str:
    if not math.isfinite(ratio) or ratio == 0:
        return "?"
    return f"{ratio - 1:+.1%}"


def _inline(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _cell(text: str) -> str:
    return f"`{' '.join(text.split()).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


def _threshold(judged: Judged) -> dict[str, object]:
    return {
        "metric": judged.metric,
        "condition": judged.condition,
        "holds": judged.holds,
        "actual": judged.actual,
    }


def _finding(finding: Finding) -> dict[str, object]:
    ratio = finding.ratio
    return {
        "figure": finding.figure.name,
        "ratio": _known(ratio.estimate),
        "low": _known(ratio.low),
        "high": _known(ratio.high),
        "confidence": ratio.confidence,
        "pairs": ratio.pairs,
        "ruling": finding.ruling,
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
