"""Every error ends a command with a documented code and something to do about it."""

from __future__ import annotations

import inspect

import pytest

from natalis import errors
from natalis.cli.exit_codes import ANSWERS, ExitCode, answer_to
from natalis.testing.command_line import Natalis

EVERY_ERROR = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.NatalisError) and kind is not errors.NatalisError
]
ONE_OF_EACH = [
    errors.InvalidInput("birthdayDate", "2023-02-29 does not exist", "use a date that exists"),
    errors.UnknownZone("Europe/Pari", ("Europe/Paris",)),
    errors.InvalidFields((errors.InvalidInput("email", "is missing", "give one"),)),
    errors.NotFound("user", "0190"),
    errors.EmailTaken("ada@example.org"),
    errors.PreconditionFailed('"1"', '"2"'),
    errors.RequestKeyReused("k"),
    errors.IllegalTransition("0190:birthday:2026-02-28", "sent", "scheduled"),
    errors.NotPermitted("this needs the scope admin"),
    errors.SettingsInvalid(("NATALIS_PORT: 'x' will not do; write a whole number",)),
    errors.StoreUnavailable("the database cannot be opened"),
    errors.TransportUnavailable("the queue cannot be reached"),
    errors.ServiceStalled("the planner has made no progress for 60 s"),
    errors.ProviderUnavailable("the provider cannot be reached"),
    errors.ServiceStalled("the worker makes no progress"),
]


def test_there_is_an_example_of_every_error() -> None:
    assert {type(error) for error in ONE_OF_EACH} == set(EVERY_ERROR)


@pytest.mark.parametrize("kind", EVERY_ERROR, ids=lambda kind: kind.__name__)
def test_no_error_is_unmapped(kind: type[errors.NatalisError]) -> None:
    assert any(above in ANSWERS for above in kind.__mro__)


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda error: type(error).__name__)
def test_every_error_says_what_to_do_and_fails_the_command(error: errors.NatalisError) -> None:
    answer = answer_to(error)

    assert answer.problem
    assert answer.remedy
    assert answer.code not in {ExitCode.DONE, ExitCode.INTERNAL, ExitCode.USAGE}


def test_an_error_below_a_mapped_one_is_answered_like_it() -> None:
    answer = answer_to(errors.UnknownZone("Europe/Pari", ("Europe/Paris",)))

    assert answer.code is ExitCode.INVALID
    assert "Europe/Paris" in answer.remedy


def test_help_tells_every_exit_code(natalis: Natalis) -> None:
    told = natalis("--help").out.split("Exit codes:")[1]

    assert all(f"  {int(code):<3}  {code.meaning}" in told for code in ExitCode)
