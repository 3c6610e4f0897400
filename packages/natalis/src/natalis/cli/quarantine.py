"""`natalis quarantine`: occasions that were set aside because they could not be planned."""

from __future__ import annotations

import click

from natalis.cli.command import Group
from natalis.cli.listing import collect, limit_option
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import instant
from natalis.cli.user import find
from natalis.domain.occasion import BIRTHDAY
from natalis.runtime.wiring import Application
from natalis.usecases.quarantine import ManageQuarantine


@click.group(cls=Group, examples=["natalis quarantine list"])
def command() -> None:
    """See and release people who could not be planned."""


@command.command("list", examples=["natalis quarantine list --json"])
@limit_option()
@with_output
@with_application
async def list_(output: Output, application: Application, limit: int) -> None:
    """List who is set aside, and why."""
    found = await collect(_managing(application).list, limit, output)
    rows = [
        {
            "userId": each.occasion.user_id,
            "kind": each.occasion.kind,
            "on": str(each.occasion.on),
            "timezone": each.timezone,
            "reason": each.occasion.quarantined,
        }
        for each in found
    ]
    output.rows(("userId", "kind", "on", "timezone", "reason"), rows, empty="nobody is set aside")


@command.command(
    examples=[
        "natalis quarantine release ada@example.org",
        "natalis quarantine release 0190c3f2-7c41-7000-8000-000000000001 --kind anniversary",
    ]
)
@click.argument("who", metavar="EMAIL_OR_ID")
@click.option("--kind", default=BIRTHDAY, show_default=True, help="Of which occasion.")
@with_output
@with_application
async def release(output: Output, application: Application, who: str, kind: str) -> None:
    """Plan a person again, once what was wrong is mended."""
    user_id = (await find(application, who)).id
    firing = await _managing(application).release(user_id, kind)
    fire_at = instant(firing.fire_at)
    record = {"userId": user_id, "kind": kind, "occasionDate": firing.occasion_date.isoformat(), "fireAt": fire_at}
    output.answer(record, f"released; the {kind} fires next at {fire_at}")


def _managing(application: Application) -> ManageQuarantine:
    return ManageQuarantine(application.store.plans, application.store.people, application.clock, application.book)
