"""`natalis deliveries`: see what became of messages, and move by hand those that ended badly."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from natalis.cli.command import Group
from natalis.cli.listing import collect, limit_option
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record, delivery_record
from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.lifecycle import REPLAYABLE
from natalis.errors import InvalidInput
from natalis.ports.ledger import DeliveryFilter
from natalis.runtime.wiring import Application

R = TypeVar("R")
COLUMNS = ("fireAt", "status", "attemptCount", "reason", "id")


class Instant(click.ParamType[datetime]):
    """An instant: a date (its first moment in UTC) or a date and time (in UTC unless it says otherwise)."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        del ctx
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(str(value))
        except ValueError:
            field = (param and param.name) or self.name
            raise InvalidInput(field, f"{value!r} is not an instant", "write 2026-02-28 or 2026-02-28T14:00Z") from None
        return read if read.tzinfo else read.replace(tzinfo=UTC)


def narrowed(*statuses: Status) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command the options that narrow deliveries down, and the `DeliveryFilter` that they come to."""

    def narrow(command: Callable[..., R]) -> Callable[..., R]:
        @click.option("--status", type=click.Choice([str(each) for each in statuses]), help="Only in this state.")
        @click.option("--kind", help="Only of this kind, such as birthday.")
        @click.option("--user", "user_id", metavar="ID", help="Only of this user.")
        @click.option("--from", "fire_from", type=Instant(), help="Only with a fire time at or after this instant.")
        @click.option("--to", "fire_to", type=Instant(), help="Only with a fire time before this instant.")
        @functools.wraps(command)  # takes the options along that were given below this
        def with_filter(*args: Any, status: str | None, **given: Any) -> R:
            names = [field.name for field in dataclasses.fields(DeliveryFilter) if field.name != "status"]
            wanted = DeliveryFilter(Status(status) if status else None, **{name: given.pop(name) for name in names})
            return command(*args, wanted=wanted, **given)

        return with_filter

    return narrow


@click.group(
    cls=Group, examples=["natalis deliveries list --status failed", "natalis deliveries replay --status missed"]
)
def command() -> None:
    """See what became of messages; retry, cancel, replay."""


@command.command(
    "list",
    examples=[
        "natalis deliveries list --status failed",
        "natalis deliveries list --from 2026-02-28 --to 2026-03-01 --json",
    ],
)
@narrowed(*Status)
@limit_option()
@with_output
@with_application
async def list_(output: Output, application: Application, wanted: DeliveryFilter, limit: int) -> None:
    """List deliveries by fire time, earliest first."""
    found = await collect(lambda **page: application.deliveries.list(wanted, **page), limit, output)
    output.rows(COLUMNS, [delivery_record(delivery) for delivery in found], empty="there is none like that")


@command.command(examples=["natalis deliveries show 0190c3f2-7c41-7000-8000-000000000001:birthday:2026-02-28"])
@click.argument("delivery", metavar="ID")
@with_output
@with_application
async def show(output: Output, application: Application, delivery: str) -> None:
    """Show one delivery with every attempt."""
    record = delivery_record(*await application.deliveries.show(DeliveryKey.parse(delivery)))
    output.answer(record, _page(record))


@command.command(examples=["natalis deliveries retry 0190c3f2-7c41-7000-8000-000000000001:birthday:2026-02-28"])
@click.argument("delivery", metavar="ID")
@with_output
@with_application
async def retry(output: Output, application: Application, delivery: str) -> None:
    """Send a failed or missed delivery after all, now."""
    moved = await application.deliveries.retry(DeliveryKey.parse(delivery))
    output.answer(delivery_record(moved), f"{moved.key} is {moved.status} again; a running service sends it at once")


@command.command(examples=["natalis deliveries cancel 0190c3f2-7c41-7000-8000-000000000001:birthday:2026-02-28"])
@click.argument("delivery", metavar="ID")
@with_output
@with_application
async def cancel(output: Output, application: Application, delivery: str) -> None:
    """Keep a delivery that has not begun from being sent this year."""
    moved = await application.deliveries.cancel(DeliveryKey.parse(delivery))
    output.answer(delivery_record(moved), f"{moved.key} is {moved.status}")


@command.command(
    examples=["natalis deliveries replay --status failed", "natalis deliveries replay --from 2026-02-28 --limit 100"]
)
@narrowed(*sorted(REPLAYABLE))
@limit_option(1000)
@with_output
@with_application
async def replay(output: Output, application: Application, wanted: DeliveryFilter, limit: int) -> None:
    """Send every failed and missed delivery that matches after all, now."""
    with output.progress("scheduling again", None):
        replayed = await application.deliveries.replay(wanted, limit=limit)
    output.answer({"replayed": replayed}, f"{replayed} scheduled again; a running service sends them at once")


def _page(record: Record) -> str:
    lines = [f"{name:<13} {value}" for name, value in record.items() if value is not None and name != "attempts"]
    lines += [
        f"attempt {each['number']}: {each['startedAt']} to {each['finishedAt'] or 'now'}"
        f" by {each['workerId']}: {each['outcome']} ({each['detail']})"
        for each in record["attempts"]
    ]
    return "\n".join(lines)
