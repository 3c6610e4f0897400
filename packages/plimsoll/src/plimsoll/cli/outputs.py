"""The files that a run is written to, as options that several commands have."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from plimsoll.cli.shares import objective_of, with_objective
from plimsoll.compare.store import RunStore
from plimsoll.errors import InvalidInput
from plimsoll.measure.results import encode_run
from plimsoll.measure.run import Run
from plimsoll.report.files import Format, write_reports
from plimsoll.report.findings import Findings
from plimsoll.report.reading import findings_of
from plimsoll.report.terminal import end_summary

_SAID: Final = {
    Format.SUMMARY: "k6's summary as JSON.",
    Format.HTML: "One page with plots, that needs nothing else.",
    Format.JUNIT: "JUnit XML: a test case for each threshold.",
    Format.CSV: "The run over time.",
    Format.MARKDOWN: "For a pull request.",
}

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a run is written to.

    Attributes:
        result: The whole result, with full histograms; None for nowhere.
        reports: By kind.
        store: The folder of runs to keep it in; None for none.
        objective: Which share of requests shall succeed over a month; None for what the run itself says.
    """

    result: Path | None
    reports: Mapping[Format, Path]
    store: Path | None = None
    objective: float | None = None

    def check(self) -> None:
        """Refuse paths that cannot be written, before the load rather than after it.

        Raises:
            InvalidInput: There is such a one.
        """
        every = {"out": self.result, **{str(form): path for form, path in self.reports.items()}}
        for option, path in every.items():
            if path is not None and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
                raise InvalidInput(f"--{option}", f"{path.parent} is no folder to write to", "give another path")

    def write(self, run: Run) -> None:
        """Write all of them, and say the end summary.

        Raises:
            InvalidInput: A file cannot be written, or the run is in the store already.
        """
        run = run if self.objective is None else replace(run, objective=self.objective)
        if self.result is not None:
            beside = self.result.with_name(f".{self.result.name}.part")
            beside.write_bytes(encode_run(run))
            beside.replace(self.result)
        self.report(findings_of(run))
        if self.store is not None:
            click.echo(f"  kept as {RunStore(self.store).add(run)}")

    def report(self, found: Findings) -> None:
        """Write the reports, and say the end summary."""
        width = shutil.get_terminal_size((100, 24)).columns
        click.echo(end_summary(found, width=width, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
        write_reports(found, self.reports)


def with_outputs(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options for all of them, and `outputs` made of them."""
    folder = click.Path(path_type=Path, file_okay=False)
    made = click.option("--store", type=folder, metavar="FOLDER", help="Keep the whole result among others here.")(
        with_reports(command)
    )
    return click.option("--out", type=_FILE, metavar="FILE", help="The whole result, to merge and compare.")(made)


def with_reports(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options for reports, and `outputs` made of them."""

    @functools.wraps(command)
    def wrapped(
        *args: Any, objective: str | None, out: Path | None = None, store: Path | None = None, **given: Any
    ) -> Any:
        reports = {form: path for form in Format if (path := given.pop(f"to_{form}")) is not None}
        return command(*args, outputs=Outputs(out, reports, store, objective_of(objective)), **given)

    made: Callable[..., Any] = with_objective(wrapped)
    for form in reversed(Format):
        made = click.option(f"--{form}", f"to_{form}", type=_FILE, metavar="FILE", help=_SAID[form])(made)
    return made
