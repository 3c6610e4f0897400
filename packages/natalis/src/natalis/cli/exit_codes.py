"""Exit codes, and for every error of Natalis the code it ends with and what the person can do about it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from natalis import errors


class ExitCode(enum.IntEnum):
    """How a command ended; documented, and stable."""

    DONE = 0  # it did what was asked
    PROBLEMS = 1  # it ran, and what it found is not all well: bad rows, a failing check
    USAGE = 2  # the command was not understood: an unknown option, a missing argument
    INVALID = 3  # a value was understood and cannot be: a bad date, an unknown zone
    NOT_FOUND = 4  # no such user, delivery, token
    CONFLICT = 5  # what is stored stands against it: the address is taken, the delivery has been sent
    NOT_PERMITTED = 6  # the token lacks the scope
    SETTINGS = 7  # the settings as a whole do not hold
    UNAVAILABLE = 8  # the database, the queue or the provider cannot be reached
    INTERNAL = 70  # a fault in Natalis itself (EX_SOFTWARE of sysexits.h)
    INTERRUPTED = 130  # Ctrl-C (128 + SIGINT, as shells have it)
    BROKEN_PIPE = 141  # whoever read the output went away (128 + SIGPIPE)


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
        errors.ServiceStalled: _unavailable("read the log of the process, then start it again"),
    }
)
"""One entry per error; `tests/cli/test_exit_codes.py` proves that none is missing."""
