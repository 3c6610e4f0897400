"""`natalis why`: what happened to a person's message in a year, and why."""

from __future__ import annotations

import click

from natalis.cli.command import Command
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record, instant
from natalis.domain.ledger import Explanation
from natalis.runtime.wiring import Application


@click.command(cls=Command, examples=["natalis why ada@example.org 2026", "natalis why ada@example.org 2026 --json"])
@click.argument("email")
@click.argument("year", type=int)
@with_output
@with_application
async def command(output: Output, application: Application, email: str, year: int) -> None:
    """Tell what became of someone's messages in a year, and why."""
    explanations = await application.why.of_email(email, year)
    if not explanations:
        output.note(f"nothing of {year} is on record, and nothing is planned")
    for explanation in explanations:
        output.answer(_record(explanation), _page(explanation))


def _record(told: Explanation) -> Record:
    return {
        "userId": told.user_id,
        "kind": told.kind,
        "year": told.year,
        "answer": str(told.answer),
        "summary": told.summary,
        "rules": list(told.rules),
        "moments": [
            {"at": instant(each.at), "local": each.local.isoformat(), "what": each.what} for each in told.moments
        ],
        "occasionDate": told.occasion_date.isoformat() if told.occasion_date else None,
        "fireAt": instant(told.fire_at),
        "expiresAt": instant(told.expires_at),
        "timezone": told.timezone,
        "deliveryId": str(told.delivery.key) if told.delivery else None,
    }


def _page(told: Explanation) -> str:
    lines = [f"{told.kind} {told.year}: {told.answer}", f"  {told.summary}"]
    lines += [f"  - {rule}" for rule in told.rules]
    lines += [f"  {each.local:%Y-%m-%d %H:%M:%S %Z}  {each.what}" for each in told.moments]
    return "\n".join(lines)
