"""`plimsoll load run script.js`: a script of k6, run by the k6 that is on the PATH, reported and judged as ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from plimsoll.cli.exit_codes import ExitCode, code_of_verdict
from plimsoll.cli.outputs import Outputs
from plimsoll.errors import InvalidInput, RunFailed
from plimsoll.measure.run import OBJECTIVE
from plimsoll.measure.thresholds import check_thresholds, threshold_in_words
from plimsoll.report.files import Format
from plimsoll.report.k6_reading import read_k6

SUFFIXES: Final = frozenset({".js", ".mjs", ".cjs", ".ts"})
_STATISTICS: Final = "avg,min,med,max,p(90),p(95),p(99),p(99.9),count"
_CROSSED: Final = 99  # k6's code for thresholds that were crossed
_INTERRUPTED: Final = 105
_NEEDS_SECONDS: Final = "k6's summary does not say what happened when"
_HAS_NO_HISTOGRAM: Final = "k6's summary holds no histogram to keep"
_FLAGS: Final[Mapping[str, str]] = {
    "vus": "--vus",
    "length": "--duration",
    "iterations": "--iterations",
    "stages": "--stage",
}
_OF_THE_SCRIPT: Final[Mapping[str, object]] = {
    "rate": None,
    "max_vus": None,
    "body": "",
    "header": (),
    "timeout": None,
    "seed": None,
    "shard": None,
}
"""What k6 takes from a script alone, with what these options are when nobody gives them."""


def run_script(script: Path, given: Mapping[str, Any], more: Sequence[str], outputs: Outputs, *, quiet: bool) -> int:
    """Run a script of k6, report it and return the exit code.

    Args:
        script: The file.
        given: The options of `load run`, by name.
        more: Options for k6, as they are.
        outputs: Where to write reports to.
        quiet: Whether k6 shows no progress.

    Raises:
        InvalidInput: There is no k6, or it has no such option.
        RunFailed: k6 came to no summary.
    """
    _check(script, given, outputs)
    program = shutil.which("k6")
    if program is None:
        remedy = "install it (https://grafana.com/docs/k6), or write the flow in Python, which needs nothing else"
        raise InvalidInput("FLOW", f"{script.name} is a script of k6, and there is no k6 on the PATH", remedy)
    wanted = [threshold_in_words(each) for each in given["thresholds"]]
    check_thresholds(wanted)
    with tempfile.TemporaryDirectory(prefix="plimsoll-") as folder:
        summary = Path(folder) / "summary.json"
        command = (program, "run", *_options(given, summary, quiet=quiet), *more, str(script))
        ended = subprocess.run(command, check=False).returncode  # noqa: S603 - k6 itself, without a shell
        if ended not in {0, _CROSSED, _INTERRUPTED} or not summary.is_file():
            raise RunFailed(f"k6 ended with code {ended} and without a summary; what it said stands above")
        found = read_k6(summary.read_bytes(), script.name, outputs.objective or OBJECTIVE, wanted)
    outputs.report(found)
    return ExitCode.INTERRUPTED if ended == _INTERRUPTED else code_of_verdict(found.verdict)


def _check(script: Path, given: Mapping[str, Any], outputs: Outputs) -> None:
    if not script.is_file():
        raise InvalidInput("FLOW", f"there is no file {script}", "give a script of k6")
    for name, nothing in _OF_THE_SCRIPT.items():
        if given[name] != nothing:
            option = f"--{name.replace('_', '-')}"
            raise InvalidInput(option, "k6 has no such option", "set it in the script")
    if given["processes"] != 1 or given["time_scale"] != 1:
        raise InvalidInput("--processes, --time-scale", "k6 has no such option", "leave them out")
    if outputs.result is not None or outputs.store is not None:
        raise InvalidInput("--out, --store", _HAS_NO_HISTOGRAM, "give --summary FILE")
    if Format.CSV in outputs.reports:
        raise InvalidInput("--csv", _NEEDS_SECONDS, "give k6's own: -- --out csv=FILE")


def _options(given: Mapping[str, Any], summary: Path, *, quiet: bool) -> Iterator[str]:
    yield from ("--summary-export", str(summary), "--summary-trend-stats", _STATISTICS)
    for name, flag in _FLAGS.items():
        if given[name] is not None:
            yield from (flag, str(given[name]))
    for pair in given["env"]:
        yield from ("--env", pair)
    if given["url"]:
        yield from ("--env", f"BASE_URL={given['url']}")
    for pair in given["tag"]:
        yield from ("--tag", pair)
    switches = {
        "--insecure-skip-tls-verify": given["insecure"],
        "--no-setup": given["no_setup"],
        "--no-teardown": given["no_teardown"],
        "--quiet": quiet,
        "--no-color": "NO_COLOR" in os.environ,
    }
    yield from (flag for flag, is_on in switches.items() if is_on)
