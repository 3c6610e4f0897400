"""`plimsoll report k6`: report and judge what k6 measured."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from plimsoll.cli.exit_codes import ExitCode
from plimsoll.cli.shares import objective_of, with_objective
from plimsoll.errors import InvalidInput
from plimsoll.measure.run import OBJECTIVE, Verdict
from plimsoll.measure.thresholds import check_thresholds, threshold_in_words
from plimsoll.report.files import Format, write_reports
from plimsoll.report.k6_reading import read_k6
from plimsoll.report.terminal import end_summary

_CODES: Final = {Verdict.PASS: ExitCode.PASS, Verdict.FAIL: ExitCode.FAIL, Verdict.INVALID: ExitCode.INVALID}
_SAID: Final = {
    Format.SUMMARY: "The data of handleSummary as JSON, whichever form FILE has.",
    Format.HTML: "One page that needs nothing else.",
    Format.JUNIT: "JUnit XML: a test case for each threshold and check.",
    Format.MARKDOWN: "For a pull request.",
}


def _with_reports(command: Callable[..., Any]) -> Callable[..., Any]:
    for form, said in reversed(_SAID.items()):
        path = click.Path(path_type=Path, dir_okay=False)
        command = click.option(f"--{form}", f"to_{form}", type=path, metavar="FILE", help=said)(command)
    return command


@click.command("k6")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--threshold", "thresholds", multiple=True, metavar="METRIC:CONDITION", help="Judge it by this too.")
@with_objective
@_with_reports
def command(file: Path, thresholds: tuple[str, ...], objective: str | None, **reports: Path | None) -> int:
    r"""Report and judge what k6 measured.

    FILE is what k6 wrote with --summary-export, the data of handleSummary as JSON, or k6 1.5's machine-readable
    summary; - reads it from standard input.

    \b
    k6 run --summary-export summary.json script.js
    plimsoll report k6 summary.json --html report.html --threshold 'http_req_duration:p(95)<500'
    """
    share = objective_of(objective) or OBJECTIVE
    wanted = [threshold_in_words(each) for each in thresholds]
    check_thresholds(wanted)
    found = read_k6(_content(file), file.name, share, wanted)
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(end_summary(found, width=width, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
    write_reports(found, {form: path for form in _SAID if (path := reports[f"to_{form}"]) is not None})
    return _CODES[found.verdict]


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(str(file), f"it cannot be read: {error.strerror}", "give k6's summary as JSON") from error
