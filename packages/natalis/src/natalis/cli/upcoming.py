"""`natalis upcoming`: what will be sent, and when."""

from __future__ import annotations

import click

from natalis.cli.command import Command
from natalis.cli.listing import collect, limit_option
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import upcoming_record
from natalis.runtime.wiring import Application


@click.command(
    cls=Command, examples=["natalis upcoming --days 30", "natalis upcoming --timezone America/New_York --json"]
)
@click.option("--days", type=int, default=7, show_default=True, help="How far to look ahead: 1 to 366.")
@click.option("--timezone", help="Only people of this zone.")
@limit_option()
@with_output
@with_application
async def command(output: Output, application: Application, days: int, timezone: str | None, limit: int) -> None:
    """Show what will be sent in the next days, and when."""
    found = await collect(lambda **page: application.upcoming.list(days=days, timezone=timezone, **page), limit, output)
    rows = [upcoming_record(each) for each in found]
    output.rows(("fireAt", "timezone", "kind", "fullName", "email"), rows, empty=f"nothing is due within {days} days")
