"""How commands end."""

from __future__ import annotations

from plimsoll import errors
from plimsoll.cli.exit_codes import CODES, ExitCode, code_of_error


def _below(kind: type[Exception]) -> set[type[Exception]]:
    return {kind} | {each for below in kind.__subclasses__() for each in _below(below)}


def test_every_error_has_a_code() -> None:
    missing = [
        each for each in _below(errors.PlimsollError) - {errors.PlimsollError} if not set(each.__mro__) & set(CODES)
    ]

    assert missing == []


def test_no_two_ends_share_a_code() -> None:
    assert len({code.value for code in ExitCode}) == len(ExitCode)
    assert {code.meaning for code in ExitCode} == {each.meaning for each in ExitCode}


def test_an_error_of_no_known_kind_is_a_fault_of_ours() -> None:
    assert code_of_error(errors.PlimsollError("?")) is ExitCode.INTERNAL
    assert code_of_error(errors.InvalidInput("a", "b", "c")) is ExitCode.INVALID_INPUT
