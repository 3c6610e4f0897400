"""What is done about a verdict: a command of the user's, such as one that rolls back."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from plimsoll.compare.gate import GateVerdict
from plimsoll.errors import InvalidInput

_AT_MOST: Final = 600.0  # seconds


def verdicts_of(text: str) -> frozenset[GateVerdict]:
    """Return the verdicts that a list names, such as `FAIL,REGRESSED`.

    Raises:
        InvalidInput: There is no such verdict, or it is PASS, on which nothing is to be done.
    """
    found = set()
    for word in text.split(","):
        name = word.strip().upper()
        if name not in set(GateVerdict) - {GateVerdict.PASS}:
            known = ", ".join(each for each in GateVerdict if each is not GateVerdict.PASS)
            raise InvalidInput("--on", f"{word!r} is no verdict to act on", f"name some of {known}")
        found.add(GateVerdict(name))
    return frozenset(found)


def words_of(command: str) -> list[str]:
    """Return a command in words.

    Raises:
        InvalidInput: It cannot be read.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InvalidInput("--on-violation", f"{command!r}: {error}", "quote it") from error
    if not words:
        raise InvalidInput("--on-violation", "it names no program", "give one with its arguments")
    return words


def called(words: list[str], account: Mapping[str, Any]) -> str | None:
    """Call the command, without a shell; return what went wrong, None for nothing.

    It finds the verdict in `PLIMSOLL_VERDICT`, the reasons a line each in `PLIMSOLL_REASONS`, and the JSON of the gate
    on its standard input. What it prints goes to standard error.
    """
    environment = {
        **os.environ,
        "PLIMSOLL_VERDICT": str(account["verdict"]),
        "PLIMSOLL_REASONS": "\n".join(account["reasons"]),
    }
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, without a shell
            words,
            input=json.dumps(account).encode(),
            env=environment,
            stdout=sys.stderr,
            timeout=_AT_MOST,
            check=False,
        )
    except OSError as error:
        return f"{words[0]} could not be run: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"{words[0]} did not end within {_AT_MOST:g} s"
    return None if done.returncode == 0 else f"{words[0]} ended with code {done.returncode}"
