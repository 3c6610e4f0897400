"""Exit codes, and for every error of Natalis the code it ends with and what the person can do about it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from natalis import errors


class ExitCode(enum.IntEnum):
    """How a command ended; stable."""

    DONE = 0
    PROBLEMS = 1
    USAGE = 2
    INVALID = 3
    NOT_FOUND = 4
    CONFLICT = 5
    NOT_PERMITTED = 6
    SETTINGS = 7
    UNAVAILABLE = 8
    INTERNAL = 70  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it
    BROKEN_PIPE = 141  # 128 + SIGPIPE

    @property
    def meaning(self) -> str:
        """What it says, in a clause, for the help and the documentation."""
        return _MEANINGS[self]


_MEANINGS = MappingProxyType(
    {
        ExitCode.DONE: "done",
        ExitCode.PROBLEMS: "done, and not all is well: bad rows, a failing check",
        ExitCode.USAGE: "the command was not understood",
        ExitCode.INVALID: "a value cannot be: a bad date, an unknown zone",
        ExitCode.NOT_FOUND: "no such user, delivery, token",
        ExitCode.CONFLICT: "what is stored stands against it",
        ExitCode.NOT_PERMITTED: "the token lacks the scope",
        ExitCode.SETTINGS: "the settings do not hold",
        ExitCode.UNAVAILABLE: "the database, a file or the provider cannot be reached",
        ExitCode.INTERNAL: "a fault in Natalis itself",
        ExitCode.INTERRUPTED: "Ctrl-C",
        ExitCode.BROKEN_PIPE: "whoever read the output went away",
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an error comes to on the command line.

    Attributes:
        code: The exit code.
        problem: What is wrong, in a sentence or a few lines.
        remedy: What the person can do about it.
    """

    code: ExitCode
    problem: str
    remedy: str


def answer_to(error: errors.NatalisError) -> Answer:
    """Return what an error comes to: the entry of its own class, or of the nearest class above it that has one."""
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            return ANSWERS[kind](error)
    return answer_to_fault(error)


def answer_to_fault(error: Exception) -> Answer:
    """Return what a fault of our own comes to."""
    problem = f"a fault in Natalis itself: {type(error).__name__}: {error}"
    return Answer(ExitCode.INTERNAL, problem, "run it again with NATALIS_DEBUG=1 and report what it prints")


def _invalid(error: Any) -> Answer:
    return Answer(ExitCode.INVALID, f"{error.field}: {error.problem}", error.remedy)


def _invalid_fields(error: Any) -> Answer:
    problems = "\n".join(f"{each.field}: {each.problem}" for each in error.problems)
    remedies = "; ".join(f"{each.field}: {each.remedy}" for each in error.problems)
    return Answer(ExitCode.INVALID, problems, remedies)


def _not_found(error: Any) -> Answer:
    remedy = _LISTS.get(error.what, "check how it is spelt; `natalis --help` names the commands that list things")
    return Answer(ExitCode.NOT_FOUND, str(error), remedy)


def _conflict(remedy: str) -> Callable[[Any], Answer]:
    return lambda error: Answer(ExitCode.CONFLICT, str(error), remedy)


def _not_permitted(error: Any) -> Answer:
    problem = str(error) or "the token does not allow this"
    return Answer(ExitCode.NOT_PERMITTED, problem, "use a token with a wider scope: `natalis token create --help`")


def _settings(error: Any) -> Answer:
    remedy = "set them right in the environment or the settings file, then try again; `natalis doctor` checks them all"
    return Answer(ExitCode.SETTINGS, str(error), remedy)


def _unavailable(remedy: str) -> Callable[[Any], Answer]:
    return lambda error: Answer(ExitCode.UNAVAILABLE, str(error), remedy)


_LISTS = MappingProxyType(
    {
        "user": "`natalis user list` shows who there is",
        "delivery": "`natalis deliveries list` shows which there are",
        "token": "`natalis token list` shows which there are",
        "suppression": "`natalis suppress list` shows which addresses are suppressed",
        "quarantined occasion": "`natalis quarantine list` shows what is set aside",
        "template": "`natalis template list` shows which there are",
    }
)

ANSWERS: MappingProxyType[type, Callable[[Any], Answer]] = MappingProxyType(
    {
        errors.InvalidInput: _invalid,
        errors.InvalidFields: _invalid_fields,
        errors.NotFound: _not_found,
        errors.EmailTaken: _conflict("give another address, or change the user who has this one: `natalis user list`"),
        errors.PreconditionFailed: _conflict("read it again and repeat the change"),
        errors.RequestKeyReused: _conflict("use a new key for a new request"),
        errors.IllegalTransition: _conflict("`natalis deliveries show ID` tells what happened to it"),
        errors.NotPermitted: _not_permitted,
        errors.SettingsInvalid: _settings,
        errors.StoreUnavailable: _unavailable("`natalis doctor` looks at the database and says what is the matter"),
        errors.TransportUnavailable: _unavailable("check that the queue runs; `natalis doctor` looks at it"),
        errors.ServiceStalled: _unavailable(
            "restart it: nothing accepted is lost; `natalis doctor` looks for the cause"
        ),
        errors.ProviderUnavailable: _unavailable("check that the provider runs; `natalis doctor` looks at it"),
    }
)
"""One entry per error; `tests/cli/test_exit_codes.py` proves that none is missing."""
