"""What a person or a program sees when a command fails: the problem, and what to do about it; never a traceback."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import TextIO

import click

from natalis.cli.command import ReaderGone
from natalis.cli.exit_codes import Answer, ExitCode, answer_to, answer_to_fault
from natalis.errors import NatalisError


def guarded(act: Callable[[], object], *, as_json: bool, environ: Mapping[str, str], err: TextIO) -> ExitCode:
    """Run `act`, say what went wrong, and return the exit code.

    `act` may return its own code, which is what click makes of `click.exceptions.Exit`. With NATALIS_DEBUG=1 in
    `environ` an error is shown with its traceback.
    """
    debug = environ.get("NATALIS_DEBUG", "") not in {"", "0"}
    try:
        ended = act()
    except click.exceptions.NoArgsIsHelpError as wanted:
        err.write(wanted.format_message() + "\n")
        return ExitCode.USAGE
    except ReaderGone:
        _let_go_of_stdout()
        return ExitCode.BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        err.write("" if as_json else "\nstopped.\n")
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: whatever it is, a person gets a sentence
        answer = answer_for(error)
        err.write(written(answer, type(error).__name__, as_json=as_json))
        if debug:
            import traceback  # noqa: PLC0415 - only when someone looks for a fault

            traceback.print_exception(error, file=err)
        return answer.code
    return ExitCode(ended) if isinstance(ended, int) else ExitCode.DONE


def answer_for(error: Exception) -> Answer:
    """Return what any exception comes to on the command line."""
    match error:
        case NatalisError():
            return answer_to(error)
        case click.UsageError():
            path = error.ctx.command_path if error.ctx else "natalis"
            return Answer(ExitCode.USAGE, error.format_message().rstrip("."), f"see `{path} --help`")
        case click.ClickException():
            return Answer(ExitCode.USAGE, error.format_message(), "see `natalis --help`")
        case OSError(errno=errno.ENOSPC, filename=name):
            problem = f"{name}: the disk is full" if name else "the disk is full"
            return Answer(ExitCode.UNAVAILABLE, problem, "make room; nothing that was acknowledged is lost")
        case OSError(filename=name, strerror=reason) if reason:
            problem = f"{name}: {reason}" if name else reason
            return Answer(ExitCode.UNAVAILABLE, problem, "check that it is there and that you may use it")
        case _:
            return answer_to_fault(error)


def written(answer: Answer, name: str, *, as_json: bool) -> str:
    """Return the text for stderr: two lines for a person, or one JSON object."""
    if as_json:
        error = {"error": name, "problem": answer.problem, "remedy": answer.remedy, "exitCode": int(answer.code)}
        return json.dumps(error, ensure_ascii=False) + "\n"
    problem = answer.problem.replace("\n", "\n         ")
    return f"natalis: {problem}\nto mend: {answer.remedy}\n"


def _let_go_of_stdout() -> None:
    # Python flushes stdout on leaving and would complain about the pipe once more.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
