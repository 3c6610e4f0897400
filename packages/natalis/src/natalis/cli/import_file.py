"""`natalis import`: people from a file, with a bar, row by row, resumable."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, TextIO

import click

from natalis.cli.command import Command
from natalis.cli.exit_codes import ExitCode
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record
from natalis.ports.people_file import PeopleFile
from natalis.runtime.local import DATE_ORDERS, people_file
from natalis.runtime.wiring import Application
from natalis.usecases.import_result import Outcome, Progress, Result, Tally, Wanted

SHOWN = 20  # faults on the terminal
KEPT = 1000  # faults in the JSON answer
_FAULTY = frozenset({Outcome.BAD, Outcome.CONFLICT})
_HEADER = ("line", "outcome", "reason")


@dataclass(slots=True)
class Faults:
    """Rows that came to nothing: the first ones are kept, all go into a file if there is one.

    The file has every row before the import's checkpoint passes it, so that an import that goes on after it was killed
    finds there what it reported before, and leaves that standing.
    """

    report: TextIO | None
    kept: list[Result] = field(default_factory=list)
    count: int = 0
    begun: bool = False

    def take(self, progress: Progress) -> None:
        """Look through the rows of one step."""
        if not self.begun:
            self._begin(progress.resumed_at)
        faulty = [result for result in progress.results if result.outcome in _FAULTY]
        self.count += len(faulty)
        self.kept += faulty[: KEPT - len(self.kept)]
        self._write((result.line, str(result.outcome), result.reason) for result in faulty)

    def _begin(self, resumed_at: int | None) -> None:
        self.begun = True
        earlier: list[list[str]] = []
        if self.report is not None and self.report.seekable():
            self.report.seek(0)
            if resumed_at is not None:
                earlier = [row for row in csv.reader(self.report) if row and _is_before(row[0], resumed_at)]
            self.report.seek(0)
            self.report.truncate()
        self._write([_HEADER, *earlier])

    def _write(self, rows: Iterable[Sequence[object]]) -> None:
        if self.report is not None:
            csv.writer(self.report).writerows(rows)
            self.report.flush()


def _is_before(line: str, resumed_at: int) -> bool:
    return line.isascii() and line.isdigit() and int(line) < resumed_at


@click.command(
    cls=Command,
    examples=[
        "natalis import people.csv --dry-run",
        "natalis import people.csv --timezone Europe/Berlin --map 'Geb. am=birthday' --date-order dmy",
        "natalis import contacts.vcf --update --errors faults.csv",
    ],
)
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Check every row, write nothing.")
@click.option("--update", is_flag=True, help="Where an address is known with other data, take the row's.")
@click.option("--restart", is_flag=True, help="Begin anew where an earlier import of this file broke off.")
@click.option("--timezone", help="The zone of people whose row has none, such as Europe/Berlin.")
@click.option("--map", "pairs", multiple=True, metavar="THEIRS=OURS", help="What a column means; may be repeated.")
@click.option("--date-order", type=click.Choice(DATE_ORDERS), help="How dates are written, unless ISO.")
@click.option("--encoding", help="Of the file, such as cp1252; found out without it.")
@click.option("--delimiter", help="Of a CSV file; found out without it.")
@click.option(
    "--errors",
    "report",
    type=click.File("a+", encoding="utf-8", lazy=False),  # not emptied yet: an import may go on
    metavar="FILE",
    help="Write every row that came to nothing into this CSV file.",
)
@with_output
@with_application
async def command(
    output: Output,
    application: Application,
    file: BinaryIO,
    report: TextIO | None,
    *,
    dry_run: bool,
    update: bool,
    restart: bool,
    timezone: str | None,
    **said: Any,
) -> None:
    """Import people from a CSV, vCard or NDJSON file.

    `-` reads standard input. Good rows land, and each bad row is named with its line and the reason. Run it again
    after an interruption and it goes on where it was; run it again after the end and nothing changes.
    """
    wanted = Wanted(timezone, update, dry_run, restart)
    faults = Faults(report)
    with _seekable(file) as readable:
        people = people_file(readable, name=str(file.name), needs_zone=timezone is None, **said)
        output.note(f"{file.name}: {people.description}")
        last = await _follow(application, people, wanted, output, faults)
    output.answer(_record(last, faults, wanted), _page(last, faults, wanted))
    if _came_to_nothing(last.tally):
        raise click.exceptions.Exit(ExitCode.PROBLEMS)


async def _follow(
    application: Application, people: PeopleFile, wanted: Wanted, output: Output, faults: Faults
) -> Progress:
    last, done = Progress(0, people.size, Tally(), (), None), 0
    try:
        with output.progress("checking" if wanted.dry_run else "importing", people.size) as advance:
            async for last in application.importing.run(people, wanted):
                faults.take(last)
                advance(last.bytes_done - done)
                done = last.bytes_done
    except asyncio.CancelledError:
        if not wanted.dry_run:
            output.note(f"\n{last.tally.rows} rows have landed; the same command goes on from there")
        raise
    return last


@contextlib.contextmanager
def _seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        yield copy


def _record(last: Progress, faults: Faults, wanted: Wanted) -> Record:
    return {
        "dryRun": wanted.dry_run,
        "resumedAt": last.resumed_at,
        "rows": last.tally.rows,
        **asdict(last.tally),
        "errors": [
            {"line": fault.line, "outcome": str(fault.outcome), "reason": fault.reason} for fault in faults.kept
        ],
        "errorsLeftOut": _came_to_nothing(last.tally) - len(faults.kept),
    }


def _page(last: Progress, faults: Faults, wanted: Wanted) -> str:
    lines = [f"line {fault.line}: {fault.reason}" for fault in faults.kept[:SHOWN]]
    if faults.count > SHOWN:
        where = f"{faults.report.name} has them all" if faults.report else "--errors FILE writes them all down"
        lines.append(f"and {faults.count - SHOWN} more; {where}")
    if last.resumed_at is not None:
        lines.append(f"went on at line {last.resumed_at}, where it broke off before{_earlier(last, faults)}")
    counts = ", ".join(f"{count} {name}" for name, count in asdict(last.tally).items() if count) or "nothing in it"
    verb = "would come to" if wanted.dry_run else "came to"
    lines.append(f"{last.tally.rows} rows {verb}: {counts}")
    return "\n".join(lines)


def _earlier(last: Progress, faults: Faults) -> str:
    earlier = _came_to_nothing(last.tally) - faults.count
    if not earlier:
        return ""
    where = f"{faults.report.name} has them if it was named then too" if faults.report else "--restart shows them again"
    return f"; {earlier} rows before it had come to nothing: {where}"


def _came_to_nothing(tally: Tally) -> int:
    return tally.bad + tally.conflict
