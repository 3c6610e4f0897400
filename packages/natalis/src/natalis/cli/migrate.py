"""`natalis migrate`: show what the database lacks, and add it."""

from __future__ import annotations

import asyncio

import click

from natalis.cli.command import Command
from natalis.cli.opening import settings_of
from natalis.cli.output import Advance, Output, with_output
from natalis.cli.records import Record
from natalis.runtime import migration
from natalis.runtime.local import machine_clock
from natalis.runtime.migration import MigrationPlan, apply_migration, plan_migration
from natalis.runtime.settings import Settings


@click.command(cls=Command, examples=["natalis migrate", "natalis migrate --apply", "natalis migrate --dry-run --json"])
@click.option("--apply", "applying", is_flag=True, help="Add what is missing.")
@click.option("--dry-run", is_flag=True, help="Only show it, with the SQL that would be run.")
@with_output
def command(output: Output, *, applying: bool, dry_run: bool) -> None:
    """Show what the database lacks; add it with --apply.

    A start adds it by itself; this is for those who want to look first. On a SQLite file all of it is one
    transaction. On PostgreSQL it is a run of steps that may be done while the service is up; what is interrupted goes
    on where it was.
    """
    if applying and dry_run:
        raise click.UsageError("--apply adds what --dry-run only shows: say one of them")
    settings = settings_of(click.get_current_context())
    asyncio.run(_migrate(output, settings, applying=applying, dry_run=dry_run))


async def _migrate(output: Output, settings: Settings, *, applying: bool, dry_run: bool) -> None:
    before = await plan_migration(settings)
    if not applying or (before.exists and not before.missing):
        output.answer(_record(before, with_sql=dry_run), _plan(before, with_sql=dry_run))
        return
    with output.progress("migrating", len(before.missing)) as advance:
        after = await apply_migration(settings, machine_clock(), progress=_teller(output, advance))
    added = len(before.missing) - len(after.missing)
    output.answer({**_record(after), "added": added}, f"{after.place}: added {added}, now at version {after.version}")


def _teller(output: Output, advance: Advance) -> migration.Heard:
    def tell(told: migration.Advance) -> None:
        if told.finished:
            output.note(f"{told.name}: done" + (f", {told.rows:,} rows" if told.rows else ""))
            advance(1)

    return tell


def _record(plan: MigrationPlan, *, with_sql: bool = False) -> Record:
    record: Record = {
        "database": plan.place,
        "exists": plan.exists,
        "version": plan.version,
        "missing": [each.name for each in plan.missing],
    }
    if with_sql:
        record["steps"] = [
            {"name": each.name, "purpose": each.purpose, "manner": each.manner, "sql": each.sql}
            for each in plan.missing
        ]
    return record


def _plan(plan: MigrationPlan, *, with_sql: bool) -> str:
    if not plan.missing:
        return f"{plan.place} is up to date (version {plan.version})"
    here = f"{plan.place} is at version {plan.version}" if plan.exists else f"{plan.place} is not there yet"
    lines = [f"{here}; to be added:"]
    for each in plan.missing:
        purpose = f": {each.purpose}" if each.purpose else ""
        lines.append(f"  {each.name}{purpose} ({each.manner})")
        lines += [f"    {line}" for line in each.sql.splitlines()] if with_sql else []
    return "\n".join([*lines, "`natalis migrate --apply` does it, and so does a start"])
