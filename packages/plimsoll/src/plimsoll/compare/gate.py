"""The gate: budgets and regression together, one verdict for a pipeline, and what is done about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plimsoll.compare.paired import Comparison, Ruling
from plimsoll.measure.run import Run


class GateVerdict(StrEnum):
    """What the gate says; the first of these that holds."""

    INVALID = "INVALID"
    """The generator was the bottleneck: nothing can be said."""
    REGRESSED = "REGRESSED"
    """Worse than the baseline, beyond doubt: the only verdict that may roll back."""
    FAIL = "FAIL"
    """A budget is not kept."""
    UNDECIDED = "UNDECIDED"
    """It may be worse than the baseline; more rounds or a quieter machine would tell."""
    PASS = "PASS"  # noqa: S105 - not a secret


@dataclass(frozen=True, slots=True)
class Gated:
    """What the gate looked at and said.

    Attributes:
        candidate: The run whose budgets were judged; None where only pairs were compared.
        comparison: With the baseline; None where there was none to compare with.
        reasons: Why, a sentence each, the gravest first.
    """

    candidate: Run | None
    comparison: Comparison | None
    reasons: tuple[str, ...]

    @property
    def verdict(self) -> GateVerdict:
        """The gravest thing that holds."""
        said = {_of_run(self.candidate), _of_comparison(self.comparison)}
        return next(verdict for verdict in GateVerdict if verdict in said)


def gate(candidate: Run | None, comparison: Comparison | None) -> Gated:
    """Put the budgets of a run and its comparison with a baseline together. Pure."""
    reasons: list[str] = []
    if candidate is not None:
        reasons += candidate.reasons
        reasons += [
            f"{each.metric}: {each.condition} does not hold, it is {each.actual:g}"
            for each in candidate.thresholds
            if each.holds is False and each.actual is not None
        ]
        reasons += [
            f"{each.metric}: {each.condition}: nothing was recorded to judge it by"
            for each in candidate.thresholds
            if each.holds is None
        ]
    if comparison is not None:
        reasons += comparison.reasons
    return Gated(candidate, comparison, tuple(dict.fromkeys(reasons)))


def _of_run(run: Run | None) -> GateVerdict:
    return GateVerdict.PASS if run is None else GateVerdict[run.verdict.name]


def _of_comparison(comparison: Comparison | None) -> GateVerdict:
    if comparison is None:
        return GateVerdict.PASS
    match comparison.ruling:
        case Ruling.INVALID:
            return GateVerdict.INVALID
        case Ruling.REGRESSED:
            return GateVerdict.REGRESSED
        case Ruling.UNDECIDED:
            return GateVerdict.UNDECIDED
        case Ruling.NOT_REGRESSED:
            return GateVerdict.PASS
