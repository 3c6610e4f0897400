"""A command that fails says in a sentence what is wrong and what to do about it; to programs, in JSON."""

from __future__ import annotations

import io
import json

import click
import pytest

from natalis.cli.exit_codes import ExitCode
from natalis.cli.failure import guarded
from natalis.errors import EmailTaken, InvalidInput, NatalisError
from natalis.testing.command_line import Natalis


def _run(error: BaseException, *, as_json: bool = False, debug: str = "") -> tuple[ExitCode, str]:
    def act() -> None:
        raise error

    err = io.StringIO()
    return guarded(act, as_json=as_json, environ={"NATALIS_DEBUG": debug}, err=err), err.getvalue()


def test_a_person_reads_the_problem_and_what_to_do() -> None:
    code, text = _run(InvalidInput("birthdayDate", "2023-02-29 does not exist", "use a date that exists"))

    assert code is ExitCode.INVALID
    assert text == "natalis: birthdayDate: 2023-02-29 does not exist\nto mend: use a date that exists\n"


def test_a_program_reads_one_json_object() -> None:
    code, text = _run(EmailTaken("zoë@example.org"), as_json=True)

    error = json.loads(text)
    assert (error["error"], error["exitCode"]) == ("EmailTaken", code)
    assert "zoë@example.org" in error["problem"]
    assert error["remedy"]


@pytest.mark.parametrize("error", [RuntimeError("boom"), KeyError("x"), NatalisError("not in the table")])
def test_a_fault_of_our_own_is_admitted_without_a_traceback(error: Exception) -> None:
    code, text = _run(error)

    assert code is ExitCode.INTERNAL
    assert "Traceback" not in text
    assert "NATALIS_DEBUG=1" in text


def test_debugging_shows_the_traceback() -> None:
    _, text = _run(RuntimeError("boom"), debug="1")

    assert "Traceback" in text


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_ends_quietly(error: BaseException) -> None:
    code, text = _run(error)

    assert code is ExitCode.INTERRUPTED
    assert text.strip() == "stopped."


def test_a_file_that_is_not_there_is_named() -> None:
    code, text = _run(FileNotFoundError(2, "No such file or directory", "people.csv"))

    assert code is ExitCode.UNAVAILABLE
    assert "people.csv: No such file or directory" in text


def test_a_full_disk_is_called_one() -> None:
    code, text = _run(OSError(28, "No space left on device"))

    assert code is ExitCode.UNAVAILABLE
    assert text.startswith("natalis: the disk is full\nto mend: make room")


def test_an_unknown_command_is_answered_with_the_nearest(natalis: Natalis) -> None:
    ran = natalis("demmo")

    assert ran.code == ExitCode.USAGE
    assert "did you mean demo" in ran.err
    assert not ran.out


def test_an_unknown_option_of_a_program_is_answered_in_json(natalis: Natalis) -> None:
    ran = natalis("demo", "--json", "--no-such-option")

    assert ran.code == ExitCode.USAGE
    assert json.loads(ran.err)["error"] == "NoSuchOption"
