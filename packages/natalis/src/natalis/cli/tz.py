"""`natalis tz`: who is greeted at another instant under another release of the time-zone database."""

from __future__ import annotations

from pathlib import Path

import click

from natalis.cli.command import Group
from natalis.cli.exit_codes import ExitCode
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record, instant
from natalis.runtime.local import zones_in
from natalis.runtime.wiring import Application
from natalis.usecases.move_zones import Effect, Move, MoveZones

COLUMNS = ("userId", "kind", "timezone", "occasionDate", "before", "after", "minutesLater", "problem")
SHOWN = 50  # rows on a terminal


@click.group(cls=Group, examples=["natalis tz preview", "natalis tz apply"])
def command() -> None:
    """Move people when a government moves a clock."""


@command.command(examples=["natalis tz preview", "natalis tz preview --folder tzdata-2026c --release 2026c --json"])
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Another database: compiled zones, or an unpacked tzdata package; without it the installed one.",
)
@click.option("--release", help="The release of that folder, such as 2026c, where it does not say so itself.")
@with_output
@with_application
async def preview(output: Output, application: Application, folder: Path | None, release: str | None) -> None:
    """Show every message that would go out at another instant; nothing is written."""
    zones = application.zones if folder is None else zones_in(folder, release)
    store, settings = application.store, application.settings
    moving = MoveZones(store.plans, store.facts, application.cache, zones, settings.kinds)
    rows: list[Record] = []
    with output.progress("comparing fire times", None) as advance:
        async for effect in moving.preview():
            rows.append(_record(effect))
            advance(1)
    recorded = await moving.recorded_version()
    output.note(f"fire times were computed with {recorded or 'nothing yet'}; compared with {zones.version}")
    output.rows(COLUMNS, rows if output.as_json else rows[:SHOWN], empty="nobody moves")
    if len(rows) > SHOWN:
        output.note(f"and {len(rows) - SHOWN} more; --json prints them all")


@command.command(examples=["natalis tz apply"])
@with_output
@with_application
async def apply(output: Output, application: Application) -> None:
    """Move every message to its instant under the installed release; safe to repeat."""
    with output.progress("moving fire times", None):
        applied = await application.move_zones.apply()
    record = {"release": applied.version, "moved": applied.occasions}
    if applied.version is None:
        output.answer(record, f"{applied.occasions} moved, and planners overtook the rest: run it again")
        raise click.exceptions.Exit(ExitCode.PROBLEMS)
    output.answer(record, f"{applied.occasions} moved; fire times are those of {applied.version}")


def _record(effect: Effect) -> Record:
    record: Record = {"userId": effect.user_id, "kind": effect.kind, "timezone": effect.timezone}
    if isinstance(effect, Move):
        return {
            **record,
            "occasionDate": effect.occasion_date.isoformat(),
            "before": instant(effect.before),
            "after": instant(effect.after),
            "minutesLater": effect.by.total_seconds() / 60,
            "planned": effect.planned,
            "problem": None,
        }
    nothing = dict.fromkeys(("occasionDate", "before", "after", "minutesLater", "planned"))
    return {**record, **nothing, "problem": effect.reason}
