"""`natalis demo`: a year of real birthdays on a virtual clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.resources import as_file, files

import click

from natalis.cli.command import Command
from natalis.cli.demo_picture import Picture, line
from natalis.cli.exit_codes import ExitCode
from natalis.cli.output import Advance, Output, with_output
from natalis.runtime.demo import Audience, Carried, Stage, Tally, bring_in, play
from natalis.runtime.demo_pace import at_once, drawn, steady
from natalis.runtime.demo_stage import stage
from natalis.runtime.local import machine_clock, people_file
from natalis.usecases.import_result import Progress

SAMPLE = "us-congress.csv"
NEXT_STEPS = """\
Next: `natalis import people.csv` brings in your own people,
      `natalis up` runs the service on the real clock."""
SPEED = 8.0  # virtual days a second: the year takes three quarters of a minute


@click.command(cls=Command, examples=["natalis demo", "natalis demo --speed 30", "natalis demo --json"])
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=SPEED,
    show_default=True,
    help="Virtual days a second, on a terminal.",
)
@click.option("--fast", is_flag=True, help="As fast as the machine can.")
@with_output
def command(output: Output, speed: float, *, fast: bool) -> None:
    """Play a year of real birthdays on a virtual clock; nothing leaves.

    537 real people are imported into a database of their own, which is thrown away afterwards. The real planner,
    dispatcher and worker run on it through a virtual year, and hand every message to a provider that only takes
    notes. The summary counts what that provider saw.
    """
    tally = asyncio.run(_demo(output, None if fast else speed))
    output.answer(asdict(tally), summary(tally))
    if not tally.is_perfect:
        raise click.exceptions.Exit(ExitCode.PROBLEMS)


def summary(tally: Tally) -> str:
    """Return the end of the story."""
    greeted = (
        "each at nine in the morning, in their own zone" if tally.is_perfect else "see what is not as it should be"
    )
    notes = {"imported": "people, from their file", "planned": "messages, one for each", "sent": greeted}
    lines = [f"  {name:<11} {count:>4}  {notes.get(name, '')}".rstrip() for name, count in asdict(tally).items()]
    return "\n".join(["", *lines, "", NEXT_STEPS])


async def _demo(output: Output, speed: float | None) -> Tally:
    async with stage() as ready:
        imported = await _import(output, ready)
        with _audience(output, imported) as (audience, draw):
            if not output.is_watched:
                return await play(ready, audience, at_once)
            clock = machine_clock()
            pace = at_once if speed is None else steady(speed, clock)
            return await play(ready, audience, drawn(draw, pace, clock))


async def _import(output: Output, ready: Stage) -> int:
    with as_file(files("natalis.samples") / SAMPLE) as path, path.open("rb") as opened:
        people = people_file(opened, name=SAMPLE)
        with output.progress("importing", people.size, keep=True) as advance:
            imported = await bring_in(ready, people, _told_to(advance))
    output.note(f"imported {imported} people from {SAMPLE}, {people.description}")
    return imported


def _told_to(advance: Advance) -> Callable[[Progress], None]:
    done = 0

    def tell(progress: Progress) -> None:
        nonlocal done
        advance(progress.bytes_done - done)
        done = progress.bytes_done

    return tell


@contextlib.contextmanager
def _audience(output: Output, people: int) -> Iterator[tuple[Audience, Callable[[], None]]]:
    picture = Picture(people)
    if output.is_watched:
        with output.live(picture) as draw:
            yield picture, draw
    else:
        yield (_Silence() if output.as_json else _Lines(output)), lambda: None


class _Silence:
    """Hears everything and says nothing."""

    def time_is(self, now: object) -> None:
        """Say nothing."""

    def saw(self, carried: Carried) -> None:
        """Say nothing."""


class _Lines(_Silence):
    """Prints a line for every message."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def saw(self, carried: Carried) -> None:
        """Print it."""
        self._output.line(line(carried))
