"""Exit codes, and for every error of Plimsoll the code it ends with."""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from plimsoll import errors
from plimsoll.measure.run import Run, Verdict

if TYPE_CHECKING:
    from plimsoll.compare.gate import GateVerdict


class ExitCode(enum.IntEnum):
    """How a command ended; stable."""

    PASS = 0
    USAGE = 2
    INVALID_INPUT = 3
    RUN_FAILED = 4
    INVALID = 5
    REGRESSED = 6
    UNDECIDED = 7
    TARGET_FAILED = 8
    DRIFTED = 9
    FAIL = 99  # k6's code for thresholds that were crossed
    INTERNAL = 70  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it

    @property
    def meaning(self) -> str:
        """What it says, in a clause, for the help and the documentation."""
        return _MEANINGS[self]


_MEANINGS: Final = MappingProxyType(
    {
        ExitCode.PASS: "done, and all thresholds hold",
        ExitCode.USAGE: "the command was not understood",
        ExitCode.INVALID_INPUT: "a value, a flow or a file cannot be used",
        ExitCode.RUN_FAILED: "the run could not be carried out: setup raised, an engine died",
        ExitCode.INVALID: "INVALID: the generator itself was the bottleneck, so the figures say nothing of the service",
        ExitCode.REGRESSED: "REGRESSED: slower than the baseline",
        ExitCode.UNDECIDED: "UNDECIDED: too noisy, or too little data, to say",
        ExitCode.TARGET_FAILED: "the service came to no answer where one was needed",
        ExitCode.DRIFTED: "a rendered file is not what the budget file says",
        ExitCode.FAIL: "FAIL: a threshold was crossed, or an error budget is spent",
        ExitCode.INTERNAL: "a fault in Plimsoll itself",
        ExitCode.INTERRUPTED: "Ctrl-C; what was measured until then is written, marked partial",
    }
)

CODES: Final = MappingProxyType(
    {
        errors.InvalidInput: ExitCode.INVALID_INPUT,
        errors.TargetFailed: ExitCode.TARGET_FAILED,
        errors.RunFailed: ExitCode.RUN_FAILED,
    }
)
"""One entry per error; a test proves that none is missing."""

INTERRUPTED: Final = "interrupted"
"""What `Run.partial` says of a run that was ended by Ctrl-C or SIGTERM."""


def code_of_error(error: errors.PlimsollError) -> ExitCode:
    """Return the code of an error: that of its own class, or of the nearest class above it that has one."""
    found = (CODES[kind] for kind in type(error).__mro__ if kind in CODES)
    return next(found, ExitCode.INTERNAL)


def code_of_run(run: Run) -> ExitCode:
    """Return the code of a run; that it was interrupted says more than what its part of the figures came to."""
    if run.partial == INTERRUPTED:
        return ExitCode.INTERRUPTED
    return code_of_verdict(run.verdict)


def code_of_verdict(verdict: Verdict | GateVerdict) -> ExitCode:
    """Return the code of a verdict: the one of its name."""
    return ExitCode[verdict.name]
