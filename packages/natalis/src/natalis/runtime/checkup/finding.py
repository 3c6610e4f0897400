"""A finding: what one check found, how bad that is, and what to do about it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from natalis.errors import InvalidInput, NatalisError, StoreUnavailable

_OTHERWISE = "see to what it says, then run `natalis doctor` again"


class State(enum.StrEnum):
    """How it is."""

    WELL = "well"
    WARNING = "warning"  # it works, and will not always
    ILL = "ill"  # a process would not start, or not do its work


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: What was looked at.
        state: How it is.
        detail: What was found, in a clause.
        remedy: What to do; empty when all is well.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


def well(name: str, detail: str) -> Finding:
    """Return that all is well."""
    return Finding(name, State.WELL, detail)


def warning(name: str, detail: str, remedy: str) -> Finding:
    """Return that it works, and will not always."""
    return Finding(name, State.WARNING, detail, remedy)


def ill(name: str, detail: str, remedy: str) -> Finding:
    """Return that it does not work."""
    return Finding(name, State.ILL, detail, remedy)


def told(name: str, state: State, error: NatalisError) -> Finding:
    """Return what an error says; those of stores end with their remedy, after a colon."""
    match error:
        case InvalidInput():
            return Finding(name, state, f"{error.field}: {error.problem}", error.remedy)
        case StoreUnavailable():
            problem, mark, remedy = _split(str(error))
            return Finding(name, state, problem + mark, remedy or _OTHERWISE)
        case _:
            return Finding(name, state, str(error), _OTHERWISE)


def _split(text: str) -> tuple[str, str, str]:
    before, found, after = text.partition("): ")
    if found:
        return before, ")", after
    before, _, after = text.rpartition(": ")
    return before or text, "", after if before else ""
