"""What will be sent, and what happened and why, on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from natalis.api.wire.words import Cursor, CursorQuery, Email, Instant, Kind, Limit, UserId, Zone
from natalis.usecases.paging import DEFAULT_LIMIT


class Upcoming(Struct, frozen=True, rename="camel"):
    """A message that will be sent."""

    user_id: UserId
    full_name: Annotated[str, Meta(description="Who it is for.", examples=["Ada Lovelace"])]
    email: Email
    kind: Kind
    occasion_date: Annotated[str, Meta(description="The date it is for.", examples=["2026-12-10"])]
    fire_at: Instant
    timezone: Zone
    planned: Annotated[bool, Meta(description="Whether its delivery exists already.", examples=[True])]


class UpcomingPage(Struct, frozen=True, rename="camel"):
    """Messages by fire time."""

    items: Annotated[list[Upcoming], Meta(description="The messages of this page.")]
    cursor: Cursor


class UpcomingQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How far to look ahead."""

    days: Annotated[
        int,
        Meta(description="Days from now.", examples=[7], extra_json_schema={"minimum": 1, "maximum": 366}),
    ] = 7
    timezone: Annotated[str | UnsetType, Meta(description="Of this zone only.", examples=["Europe/London"])] = UNSET
    limit: Limit = DEFAULT_LIMIT
    cursor: CursorQuery = UNSET


class Minute(Struct, frozen=True, rename="camel"):
    """What one minute asks for."""

    at: Instant
    messages: Annotated[int, Meta(description="Messages due in it.", examples=[120])]


class ZoneShare(Struct, frozen=True, rename="camel"):
    """What one zone asks for."""

    timezone: Zone
    messages: Annotated[int, Meta(description="Messages due that date.", examples=[27])]


class Backlog(Struct, frozen=True, rename="camel"):
    """A time in which more is due than the provider takes."""

    begins: Instant
    ends: Instant
    delayed: Annotated[int, Meta(description="Messages later than their minute.", examples=[9400])]
    largest: Annotated[int, Meta(description="The most that wait at once.", examples=[10000])]
    longest_wait_seconds: Annotated[float, Meta(description="The longest wait.", examples=[100.0])]


class Forecast(Struct, frozen=True, rename="camel"):
    """What one date (UTC) will ask for, with today's people and rules."""

    date: Annotated[date, Meta(description="The date.", examples=["2026-12-10"])]
    total: Annotated[int, Meta(description="Messages.", examples=[2740])]
    peak: Annotated[Minute | None, Meta(description="The busiest minute; null on a date without messages.")]
    peak_per_second: Annotated[
        float, Meta(description="Messages a second that the busiest minute needs.", examples=[2.5])
    ]
    minutes: Annotated[list[Minute], Meta(description="Every minute that has any, in order.")]
    zones: Annotated[list[ZoneShare], Meta(description="By zone, the largest first.")]
    unplaced: Annotated[int, Meta(description="People whose zone or kind is not known here.", examples=[0])]
    limit: Annotated[float | None, Meta(description="Messages a second that the provider takes.", examples=[100.0])]
    backlogs: Annotated[list[Backlog], Meta(description="Where the limit is exceeded, in order.")]


class ForecastQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which date to forecast."""

    date: Annotated[
        str,
        Meta(description="A date (UTC).", examples=["2026-12-10"], extra_json_schema={"format": "date"}),
    ]
    limit: Annotated[
        float | UnsetType,
        Meta(description="Messages a second that the provider takes; none for no limit.", examples=[100.0]),
    ] = UNSET


class Moment(Struct, frozen=True, rename="camel"):
    """Something that happened, or will."""

    at: Instant
    local: Annotated[
        datetime, Meta(description="On the wall clock of the user's zone.", examples=["2026-12-10T09:00:00+00:00"])
    ]
    what: Annotated[str, Meta(description="What.", examples=["the provider accepted the message"])]


class Explanation(Struct, frozen=True, rename="camel"):
    """What happened to one kind of occasion in one year, and why."""

    kind: Kind
    year: Annotated[int, Meta(description="Of the occasion date.", examples=[2026])]
    answer: Annotated[str, Meta(description="In a word.", examples=["sent"])]
    summary: Annotated[str, Meta(description="In a sentence.", examples=["It was sent on time."])]
    rules: Annotated[
        list[str], Meta(description="The rules that led to it.", examples=[["The message goes out at 09:00."]])
    ]
    moments: Annotated[list[Moment], Meta(description="What happened when, in order.")]
    occasion_date: Annotated[
        date | None, Meta(description="The date celebrated; null without one that year.", examples=["2026-12-10"])
    ]
    fire_at: Annotated[
        datetime | None, Meta(description="When it was or is due (UTC).", examples=["2026-12-10T09:00:00Z"])
    ]
    expires_at: Annotated[
        datetime | None, Meta(description="From when on it is missed (UTC).", examples=["2026-12-11T09:00:00Z"])
    ]
    timezone: Annotated[str | None, Meta(description="The zone of its fire time.", examples=["Europe/London"])]
    delivery_id: Annotated[
        str | None, Meta(description="The delivery it is about, if one was planned.", examples=[None])
    ]


class Ledger(Struct, frozen=True, rename="camel"):
    """What happened to one user in one year, and why."""

    user_id: UserId
    year: Annotated[int, Meta(description="Of the occasion dates.", examples=[2026])]
    answers: Annotated[list[Explanation], Meta(description="One for every kind.")]


class LedgerQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which year to explain."""

    year: Annotated[
        int | UnsetType,
        Meta(
            description="Of the occasion dates; this year when left out.",
            examples=[2026],
            extra_json_schema={"minimum": 1970, "maximum": 2100},
        ),
    ] = UNSET
