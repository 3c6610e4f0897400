"""`natalis migrate`: show what the database lacks, and add it."""

from __future__ import annotations

import asyncio

import click

from natalis.cli.command import Command
from natalis.cli.opening import settings_of
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record
from natalis.runtime.migration import MigrationPlan, apply_migration, plan_migration


@click.command(cls=Command, examples=["natalis migrate", "natalis migrate --apply"])
@click.option("--apply", "applying", is_flag=True, help="Add what is missing.")
@with_output
def command(output: Output, *, applying: bool) -> None:
    """Show what the database lacks; add it with --apply.

    A start adds it by itself; this is for those who want to look first. All of it is one transaction.
    """
    settings = settings_of(click.get_current_context())
    before = plan_migration(settings)
    if not applying or (before.exists and not before.missing):
        output.answer(_record(before), _plan(before))
        return
    with output.progress("migrating", None):
        after = asyncio.run(apply_migration(settings))
    added = len(before.missing) - len(after.missing)
    output.answer({**_record(after), "added": added}, f"{after.path}: added {added}, now at version {after.version}")


def _record(plan: MigrationPlan) -> Record:
    return {
        "database": str(plan.path),
        "exists": plan.exists,
        "version": plan.version,
        "missing": list(plan.missing),
    }


def _plan(plan: MigrationPlan) -> str:
    if not plan.missing:
        return f"{plan.path} is up to date (version {plan.version})"
    here = f"{plan.path} is at version {plan.version}" if plan.exists else f"{plan.path} is not there yet"
    return f"{here}; to be added: {', '.join(plan.missing)}\n`natalis migrate --apply` does it, and so does a start"
