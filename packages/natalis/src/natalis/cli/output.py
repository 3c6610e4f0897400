"""What a command prints: tables and sentences for a person, or JSON for a program; bars while it takes long."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

R = TypeVar("R")
_WIDE = 10_000  # columns: what is piped into another program is never cut
_SHORT = 20  # letters: cells up to this are never broken
_INSTANT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:[\d.]+)?Z$", re.ASCII)
Advance = Callable[[int], None]


class Output:
    """Where a command writes.

    Answers go to `out`; notes and progress go to `err`, so that a pipe carries answers alone. With `as_json` answers
    are JSON, one object a line, and there are no notes. Colour only on a terminal, and never under NO_COLOR.

    Args:
        as_json: For a program.
        out: Answers.
        err: Notes and progress.
    """

    def __init__(self, *, as_json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.as_json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    @functools.cached_property
    def console(self) -> Console:
        """The person's terminal, or a pipe in its place."""
        return _console(self._out)

    def answer(self, record: Mapping[str, Any], human: RenderableType) -> None:
        """Print one thing: `record` as JSON, or `human`."""
        if self.as_json:
            self._write_json(record)
        else:
            self.console.print(human, highlight=False, markup=False)

    def rows(self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, empty: str) -> None:
        """Print a list: every row a JSON object, or a table of `columns`; `empty` says that there are none.

        Args:
            columns: Keys of the rows, in the order of the table; JSON has every key.
            rows: Values are text, numbers, booleans or None.
            empty: A sentence.
        """
        if self.as_json:
            for row in rows:
                self._write_json(row)
        elif rows:
            self._print_table(columns, rows)
        else:
            self.note(empty)

    @property
    def is_watched(self) -> bool:
        """Whether a person sits at a terminal that can be redrawn."""
        return not self.as_json and self._out.isatty() and os.environ.get("TERM") != "dumb"

    def line(self, text: str) -> None:
        """Print a line of a longer answer for a person."""
        self._out.write(f"{text}\n")

    @contextlib.contextmanager
    def live(self, picture: RenderableType) -> Iterator[Callable[[], None]]:
        """Keep `picture` on the terminal while the block runs; the block calls what it is given to draw it anew."""
        from rich.live import Live  # noqa: PLC0415 - an eighth of a second that only the demo needs

        with Live(picture, console=self.console, auto_refresh=False, vertical_overflow="crop") as live:
            yield live.refresh

    def note(self, text: str) -> None:
        """Say something beside the answer; not to programs."""
        if not self.as_json:
            self._err.write(f"{text}\n")

    @contextlib.contextmanager
    def progress(self, what: str, total: int | None, *, keep: bool = False, after: float = 0.0) -> Iterator[Advance]:
        """Show a bar on a terminal while the block runs; the block calls what it is given with how much it did.

        Args:
            what: Shown before the bar.
            total: How much there is to do; None when nobody knows.
            keep: Leave the full bar on the terminal.
            after: Show it only when the block calls later than so many seconds after its start.
        """
        if self.as_json or not self._err.isatty():
            yield lambda _: None
            return
        from rich import progress  # noqa: PLC0415 - an eighth of a second that only bars need

        columns = [
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.TaskProgressColumn(),
            progress.TimeElapsedColumn(),
        ]
        bar = progress.Progress(*columns, console=_console(self._err), transient=not keep)
        task = bar.add_task(what, total=total)
        show_at = time.monotonic() + after

        def advance(done: int) -> None:
            bar.advance(task, done)
            if time.monotonic() >= show_at:
                bar.start()

        if not after:
            bar.start()
        try:
            yield advance
        finally:
            bar.stop()

    def _print_table(self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        framed = self.console.is_terminal
        with self.console.capture() as drawn:
            self.console.print(_table(columns, rows, framed=framed), highlight=False)
        for line in drawn.get().splitlines():
            self.line(line if framed else line.rstrip())

    def _write_json(self, record: Mapping[str, Any]) -> None:
        legible = (self._out.encoding or "").lower().replace("-", "") == "utf8"
        self._out.write(json.dumps(record, ensure_ascii=not legible) + "\n")
        self._out.flush()


def with_output(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command `--json` and, as its first argument, the `Output` that follows it."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
    @functools.wraps(command)  # takes the options along that were given below this
    def with_its_output(*args: Any, as_json: bool, **kwargs: Any) -> R:
        return command(Output(as_json=as_json), *args, **kwargs)

    return with_its_output


def _console(stream: TextIO) -> Console:
    from rich.console import Console  # noqa: PLC0415 - an eighth of a second that `--json` and `--help` do without

    # without emoji: a delivery's id holds `:birthday:`, which would come out as a cake
    return Console(file=stream, width=None if stream.isatty() else _WIDE, emoji=False)


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, framed: bool) -> RenderableType:
    from rich import box  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=box.SIMPLE_HEAD if framed else None, pad_edge=False, header_style="bold")
    for name in columns:
        numeric = all(isinstance(row[name], int | float | None) for row in rows)
        short = all(len(_cell(row[name])) <= _SHORT for row in rows)
        table.add_column(
            _heading(name), justify="right" if numeric else "left", no_wrap=short or not framed, overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(_cell(row[name])) for name in columns))
    return table


def _cell(value: object) -> str:
    """Write a value for a table: instants to the minute, which is as exact as people read."""
    text = "" if value is None else str(value)
    return _INSTANT.sub(r"\1 \2Z", text)


def _heading(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
