"""A candidate against stored runs: whether it lies within what they scatter; see `verdicts.md`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean, stdev

from plimsoll.compare.figures import Figure
from plimsoll.compare.paired import Comparison, Design, Finding, Ruling, rule, sentence
from plimsoll.compare.signed_rank import Interval
from plimsoll.measure.run import Run, Verdict

FEWEST = 5
"""Baselines without which their scatter is not known."""


def judge(candidate: Run, baselines: Sequence[Run], design: Design) -> Comparison:
    """Return the verdict on a candidate beside stored runs of the same name and machine.

    Each figure's ratio gets a prediction interval: where the next run of an unchanged build would fall, given how the
    stored ones scatter (Student's t on the logarithms). The candidate's ratio is judged with that width around it.
    """
    if candidate.verdict is Verdict.INVALID:
        return Comparison(Ruling.INVALID, (), reasons=candidate.reasons)
    findings = tuple(_finding(figure, candidate, baselines, design) for figure in design.figures)
    counted = min((each.ratio.pairs for each in findings), default=0)
    worst = min((each.ruling for each in findings), key=_GRAVITY.index)
    return Comparison(worst, findings, rounds=counted, reasons=tuple(_reasons(findings, counted)))


_GRAVITY = [Ruling.REGRESSED, Ruling.UNDECIDED, Ruling.NOT_REGRESSED]


def _finding(figure: Figure, candidate: Run, baselines: Sequence[Run], design: Design) -> Finding:
    now = figure.of(candidate)
    before = [value for value in map(figure.of, baselines) if value is not None]
    if now is None or not before:
        return Finding(figure, Interval(math.nan, 0, math.inf, design.confidence, 0), Ruling.UNDECIDED)
    worsenings = [figure.worsening(value, now) for value in before]
    centre = mean(worsenings)
    if len(before) < FEWEST:
        return Finding(
            figure, Interval(math.exp(centre), 0, math.inf, design.confidence, len(before)), Ruling.UNDECIDED
        )
    width = student(len(before) - 1, design.confidence) * stdev(worsenings) * math.sqrt(1 + 1 / len(before))
    low, high = math.exp(centre - width), math.exp(centre + width)
    ratio = Interval(math.exp(centre), low, high, design.confidence, len(before))
    return Finding(figure, ratio, rule(ratio, design.tolerance))


def _reasons(findings: Sequence[Finding], counted: int) -> list[str]:
    if counted < FEWEST:
        return [f"{counted} stored runs are like this one, {FEWEST} are needed to know the noise: compare in pairs"]
    wide = [each.figure.name for each in findings if each.ruling is Ruling.UNDECIDED]
    return [
        *(sentence(each) for each in findings if each.ruling is Ruling.REGRESSED),
        *(f"{name}: stored runs scatter too widely to tell: compare in pairs" for name in wide),
    ]


def student(freedom: int, confidence: float) -> float:
    """Return how many standard deviations lie on each side, for so many degrees of freedom (at least 1).

    The distribution of whole degrees of freedom is a finite sum (Abramowitz and Stegun 26.7.3 and 26.7.4), inverted by
    halving.
    """
    low, high = 0.0, 1e4
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return high


def _within(bound: float, freedom: int) -> float:
    """Return the probability of lying within plus and minus the bound."""
    angle = math.atan(bound / math.sqrt(freedom))
    cosine = math.cos(angle)
    if freedom % 2 == 0:
        return math.sin(angle) * _series(cosine, range(1, freedom - 1, 2))
    if freedom == 1:
        return 2 * angle / math.pi
    return 2 / math.pi * (angle + math.sin(angle) * cosine * _series(cosine, range(2, freedom - 1, 2)))


def _series(cosine: float, steps: range) -> float:
    term = whole = 1.0
    for step in steps:
        term *= step / (step + 1) * cosine * cosine
        whole += term
    return whole
