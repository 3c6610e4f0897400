"""Every error Plimsoll raises on purpose, as one tree.

PlimsollError
├── InvalidInput      a field holds something it cannot; says which, why and what would be right
├── TargetFailed      a call to the service under test came to no answer; has a code that reports count
└── RunFailed         a run could not be carried out: a flow raised in setup, an engine died

The command line maps each of these to an exit code; a test proves that none is unmapped.
"""

from __future__ import annotations


class PlimsollError(Exception):
    """The root: catch this to catch everything Plimsoll raises on purpose."""


class InvalidInput(PlimsollError):
    """A field holds something it cannot.

    Args:
        field: The field as the user names it, for example `--rate` or `thresholds.http_req_duration`.
        problem: What is wrong, in one clause, for example `0 is not a rate`.
        remedy: What would be right, in one clause, for example `give arrivals per second, such as 200`.
    """

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy


class TargetFailed(PlimsollError):
    """A call to the service under test came to no answer.

    Args:
        code: A short stable name that reports count, for example `connection_refused` or `timeout`.
        detail: What happened, for a person.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class RunFailed(PlimsollError):
    """A run could not be carried out; says why and, where it is known, what to do."""
