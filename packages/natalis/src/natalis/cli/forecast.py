"""`natalis forecast`: how many messages a date will ask for, its peak, and where a provider's limit is exceeded."""

from __future__ import annotations

from datetime import date

import click

from natalis.cli.command import Command
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record, instant
from natalis.domain.forecast import Backlog, DayForecast
from natalis.errors import InvalidInput
from natalis.runtime.wiring import Application

_BAR = 40  # columns


@click.command(cls=Command, examples=["natalis forecast 2027-02-28", "natalis forecast 2027-01-01 --limit 50 --json"])
@click.argument("day", metavar="DATE")
@click.option("--limit", type=float, help="Messages a second that the provider takes; default: its configured rate.")
@with_output
@with_application
async def command(output: Output, application: Application, day: str, limit: float | None) -> None:
    """Show how many messages a date will ask for.

    By hours of the date (UTC), with the peak, and what a provider that takes only so many a second makes of it.
    """
    rate = application.settings.provider_rate if limit is None else limit
    found = await application.forecast.on(_date(day), limit=rate)
    output.answer(_record(found), _page(found))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("date", f"{text!r} is not a date", "write one such as 2027-02-28") from None


def _record(found: DayForecast) -> Record:
    peak = found.peak
    return {
        "date": found.on.isoformat(),
        "total": found.total,
        "peak": None if peak is None else {"minute": instant(peak[0]), "count": peak[1]},
        "peakRate": found.peak_rate,
        "minutes": [{"minute": instant(minute), "count": count} for minute, count in found.minutes],
        "zones": dict(found.zones),
        "unplaced": found.unplaced,
        "limit": found.limit,
        "backlogs": [_backlog(backlog) for backlog in found.backlogs],
    }


def _backlog(backlog: Backlog) -> Record:
    return {
        "begins": instant(backlog.begins),
        "ends": instant(backlog.ends),
        "delayed": backlog.delayed,
        "largest": backlog.largest,
        "longestWaitSeconds": backlog.longest_wait.total_seconds(),
    }


def _page(found: DayForecast) -> str:
    lines = [f"{found.on}: {found.total} message{'s' * (found.total != 1)}"]
    hours: dict[int, int] = {}
    for minute, count in found.minutes:
        hours[minute.hour] = hours.get(minute.hour, 0) + count
    most = max(hours.values(), default=1)
    lines += [
        f"  {hour:02d}:00 UTC {'█' * max(1, count * _BAR // most):<{_BAR}} {count}" for hour, count in hours.items()
    ]
    if found.peak is not None:
        minute, count = found.peak
        lines.append(f"peak: {count} in the minute of {minute:%H:%M} UTC, {found.peak_rate:.2f} a second")
    lines += [
        f"over the limit of {found.limit:g} a second from {backlog.begins:%H:%M} to {backlog.ends:%H:%M} UTC: "
        f"{backlog.delayed} wait, the longest {backlog.longest_wait.total_seconds():.0f} s"
        for backlog in found.backlogs
    ]
    if found.unplaced:
        lines.append(f"{found.unplaced} left out, because their zone or kind is not known here")
    return "\n".join(lines)
