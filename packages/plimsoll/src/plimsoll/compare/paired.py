"""Baseline and candidate in alternation, and the verdict on their ratio; see `verdicts.md`."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import NormalDist

from plimsoll.compare.figures import STANDARD, Figure
from plimsoll.compare.signed_rank import Interval, locate
from plimsoll.measure.run import Run, Verdict

_ALPHA = 0.05
_POWER = 0.9
_EFFICIENCY = 3 / math.pi  # of the signed-rank test beside the t test, for normal differences


class Arm(StrEnum):
    """One of the two builds."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"


class Ruling(StrEnum):
    """What is said of a candidate."""

    REGRESSED = "REGRESSED"
    NOT_REGRESSED = "NOT REGRESSED"
    UNDECIDED = "UNDECIDED"
    INVALID = "INVALID"
    """The generator was the bottleneck in half of the rounds or more."""


@dataclass(frozen=True, slots=True)
class Design:
    """How a paired comparison is made.

    Attributes:
        figures: What is compared.
        tolerance: A slowdown of this share is a regression, for example 0.05.
        noise_rounds: Pairs of the baseline against itself, made first; 0 for none.
        rounds: Pairs of baseline and candidate before the first verdict.
        limit: The most pairs, after extensions.
        step: How many pairs an extension adds.
    """

    figures: tuple[Figure, ...] = STANDARD
    tolerance: float = 0.05
    noise_rounds: int = 8
    rounds: int = 10
    limit: int = 60
    step: int = 5

    @property
    def confidence(self) -> float:
        """Of each figure's interval: the more figures, the wider."""
        return 1 - _ALPHA / len(self.figures)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one figure.

    Attributes:
        figure: Which one.
        ratio: Candidate over baseline, turned so that above 1 is worse.
        ruling: What is said of it.
    """

    figure: Figure
    ratio: Interval
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a paired comparison.

    Attributes:
        ruling: The worst of the figures'.
        findings: For each figure.
        noise: For each figure, the baseline against itself; empty where that was not measured.
        rounds: Pairs that were counted.
        invalid: Pairs that were not, because the generator was the bottleneck.
        reasons: What a reader should know, a sentence each.
    """

    ruling: Ruling
    findings: tuple[Finding, ...]
    noise: tuple[Finding, ...] = ()
    rounds: int = 0
    invalid: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class _Pairs:
    """Log ratios by figure, and how many pairs were thrown away."""

    ratios: dict[Figure, list[float]] = field(default_factory=dict)
    counted: int = 0
    invalid: int = 0

    def add(self, figures: Sequence[Figure], baseline: Run, candidate: Run) -> None:
        if Verdict.INVALID in {baseline.verdict, candidate.verdict}:
            self.invalid += 1
            return
        self.counted += 1
        for figure in figures:
            before, after = figure.of(baseline), figure.of(candidate)
            if before is not None and after is not None:
                self.ratios.setdefault(figure, []).append(figure.worsening(before, after))


Measure = Callable[[Arm], Awaitable[Run]]
"""Runs load against one of the two builds, for a few seconds, and returns what it measured."""
Progress = Callable[[str], None]
"""Hears a sentence whenever something is known."""


async def compare(measure: Measure, design: Design, progress: Progress = lambda _: None) -> Comparison:
    """Run baseline and candidate in alternation until a verdict holds or the limit of rounds is reached."""
    noise = await _noise_floor(measure, design)
    rounds = max(design.rounds, min(design.limit, rounds_needed(noise.ratios, design)))
    if noise.counted:
        progress(f"noise floor from {noise.counted} pairs of the baseline: {rounds} pairs to make")
    pairs = _Pairs()
    while True:
        while pairs.counted + pairs.invalid < rounds:
            await _pair(measure, pairs, design, (Arm.BASELINE, Arm.CANDIDATE))
        comparison = decide(pairs.ratios, design, noise=noise.ratios, invalid=pairs.invalid)
        progress(f"{pairs.counted} pairs: {comparison.ruling}")
        if comparison.ruling is not Ruling.UNDECIDED or rounds >= design.limit:
            return comparison
        rounds = min(design.limit, rounds + design.step)


def decide(
    ratios: Mapping[Figure, Sequence[float]],
    design: Design,
    *,
    noise: Mapping[Figure, Sequence[float]] | None = None,
    invalid: int = 0,
) -> Comparison:
    """Return the verdict on log ratios, one for each pair and figure (above 0 is worse). Pure."""
    findings = tuple(_finding(figure, ratios.get(figure, ()), design) for figure in design.figures)
    floor = tuple(_finding(figure, found, design) for figure, found in (noise or {}).items() if found)
    counted = max((len(found) for found in ratios.values()), default=0)
    ruling, reasons = _ruling(findings, floor, design.tolerance, counted=counted, invalid=invalid)
    return Comparison(ruling, findings, floor, counted, invalid, tuple(reasons))


def rounds_needed(noise: Mapping[Figure, Sequence[float]], design: Design) -> int:
    """Return how many pairs it takes to find a slowdown of the tolerance nine times in ten, given the noise.

    The rank test needs `1 / 0.955` times the pairs of a t test (Pitman efficiency). The gap to be seen is that between
    the tolerance and the dividing line at half of it.
    """
    gap = math.log1p(design.tolerance) - math.log1p(design.tolerance / 2)
    normal = NormalDist()
    sigmas = normal.inv_cdf(1 - (1 - design.confidence) / 2) + normal.inv_cdf(_POWER)
    scatter = max((_scatter(found) for found in noise.values() if found), default=0.0)
    if math.isinf(scatter):
        return design.limit
    return math.ceil((sigmas * scatter / gap) ** 2 / _EFFICIENCY)


async def _noise_floor(measure: Measure, design: Design) -> _Pairs:
    pairs = _Pairs()
    for _ in range(design.noise_rounds):
        await _pair(measure, pairs, design, (Arm.BASELINE, Arm.BASELINE))
    return pairs


async def _pair(measure: Measure, pairs: _Pairs, design: Design, arms: tuple[Arm, Arm]) -> None:
    """Measure a pair; every second one the other way round."""
    if (pairs.counted + pairs.invalid) % 2:
        second, first = await measure(arms[1]), await measure(arms[0])
    else:
        first, second = await measure(arms[0]), await measure(arms[1])
    pairs.add(design.figures, first, second)


def _finding(figure: Figure, found: Sequence[float], design: Design) -> Finding:
    if not found:
        return Finding(figure, Interval(math.nan, 0, math.inf, design.confidence, 0), Ruling.UNDECIDED)
    logs = locate(found, design.confidence)
    ratio = Interval(_exp(logs.estimate), _exp(logs.low), _exp(logs.high), logs.confidence, logs.pairs)
    return Finding(figure, ratio, rule(ratio, design.tolerance))


def rule(ratio: Interval, tolerance: float) -> Ruling:
    """Return what an interval of the ratio says: see the table in `verdicts.md`."""
    if ratio.low > 1 + tolerance / 2:
        return Ruling.REGRESSED
    return Ruling.NOT_REGRESSED if ratio.high < 1 + tolerance else Ruling.UNDECIDED


def _is_biased(same: Interval, tolerance: float) -> bool:
    """Whether a build differs from itself, in either direction, by what would be called a regression."""
    return same.low > 1 + tolerance / 2 or same.high < 1 / (1 + tolerance / 2)


def _ruling(
    findings: Sequence[Finding], floor: Sequence[Finding], tolerance: float, *, counted: int, invalid: int
) -> tuple[Ruling, list[str]]:
    if invalid and invalid >= counted:
        return Ruling.INVALID, [
            f"the generator was the bottleneck in {invalid} of {counted + invalid} pairs: ask for less"
        ]
    biased = [each.figure.name for each in floor if _is_biased(each.ratio, tolerance)]
    if biased:
        return Ruling.UNDECIDED, [
            f"the baseline against itself differs in {', '.join(biased)}: the machine is too restless"
        ]
    for ruling in (Ruling.REGRESSED, Ruling.UNDECIDED):
        named = [each for each in findings if each.ruling is ruling]
        if named:
            return ruling, [sentence(each) for each in named]
    return Ruling.NOT_REGRESSED, []


def sentence(finding: Finding) -> str:
    """Return what was found of a figure, in words."""
    ratio = finding.ratio
    if not ratio.pairs:
        return f"{finding.figure.name} was not recorded in both"
    way = "worse" if ratio.estimate >= 1 else "better"
    worse = f"{finding.figure.name} is {way} by {abs(ratio.estimate - 1):.1%}"
    if not math.isfinite(ratio.high):
        return f"{worse} ({ratio.pairs} pairs are too few to say between what)"
    return f"{worse} (a change between {ratio.low - 1:+.1%} and {ratio.high - 1:+.1%}, {ratio.pairs} pairs)"


def _scatter(values: Sequence[float]) -> float:
    """Return the standard deviation that the median absolute deviation tells of, so that one stall counts once."""
    if not all(map(math.isfinite, values)):
        return math.inf
    middle = sorted(values)[len(values) // 2]
    deviations = sorted(abs(value - middle) for value in values)
    return 1.4826 * deviations[len(deviations) // 2]


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf  # noqa: PLR2004 - beyond it a float ends
