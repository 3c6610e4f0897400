"""Deliveries and their attempts on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from natalis.api.wire.words import USER_ID, Cursor, CursorQuery, DeliveryId, Instant, Kind, Limit, UserId, Zone
from natalis.domain.delivery import Status
from natalis.usecases.paging import DEFAULT_LIMIT


class Delivery(Struct, frozen=True, rename="camel"):
    """One message of one occasion in one year."""

    id: DeliveryId
    user_id: UserId
    kind: Kind
    occasion_date: Annotated[date, Meta(description="The date it is for.", examples=["2026-12-10"])]
    status: Annotated[Status, Meta(description="Where it stands.", examples=["sent"])]
    fire_at: Instant
    due_at: Annotated[datetime, Meta(description="When it is due next (UTC).", examples=["2026-12-10T09:00:00Z"])]
    expires_at: Annotated[
        datetime, Meta(description="From when on it is missed (UTC).", examples=["2026-12-11T09:00:00Z"])
    ]
    timezone: Zone
    attempts: Annotated[int, Meta(description="How many attempts were begun.", examples=[1])]
    may_have_arrived: Annotated[bool, Meta(description="Whether an attempt ended without an answer.", examples=[False])]
    sent_at: Annotated[
        datetime | None, Meta(description="When the provider accepted it (UTC).", examples=["2026-12-10T09:00:01Z"])
    ]
    provider_id: Annotated[str | None, Meta(description="The provider's id of it.", examples=["msg-1"])]
    reason: Annotated[str, Meta(description="Why it is where it is; empty while all is ordinary.", examples=[""])]
    planned_at: Annotated[
        datetime | None, Meta(description="When it was planned (UTC).", examples=["2026-12-09T09:00:00Z"])
    ]


class Attempt(Struct, frozen=True, rename="camel"):
    """One call of the provider."""

    number: Annotated[int, Meta(description="Counts from 1.", examples=[1])]
    attempt_id: Annotated[str, Meta(description="The fence of this attempt.", examples=["0190c3f25dfb"])]
    worker: Annotated[str, Meta(description="Who made it.", examples=["worker-1"])]
    started_at: Instant
    finished_at: Annotated[
        datetime | None, Meta(description="UTC; null while under way.", examples=["2026-12-10T09:00:01Z"])
    ]
    outcome: Annotated[
        str,
        Meta(
            description="`delivered`, `deferred`, `refused`, `unknown`, `withheld` or `under way`.",
            examples=["delivered"],
        ),
    ]
    detail: Annotated[str, Meta(description="The provider's answer.", examples=["accepted"])]


class DeliveryDetail(Delivery, frozen=True, rename="camel", kw_only=True):
    """A delivery with every attempt."""

    trace_id: Annotated[
        str,
        Meta(
            description="Its trace, where traces are kept: 32 hexadecimal digits, which follow from its id.",
            examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
        ),
    ]
    history: Annotated[list[Attempt], Meta(description="Every attempt, first one first.")]


class DeliveryPage(Struct, frozen=True, rename="camel"):
    """Deliveries by fire time."""

    items: Annotated[list[Delivery], Meta(description="The deliveries of this page.")]
    cursor: Cursor


class Replayed(Struct, frozen=True, rename="camel"):
    """What a replay came to."""

    replayed: Annotated[int, Meta(description="How many were scheduled again.", examples=[12])]


class ReplayQuery(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which deliveries; every parameter narrows."""

    status: Annotated[Status | UnsetType, Meta(description="In this state.", examples=["failed"])] = UNSET
    from_: Annotated[
        str | UnsetType,
        Meta(
            description="Fires at or after this instant: ISO 8601 with an offset, or a date (UTC).",
            examples=["2026-12-10T00:00:00Z"],
        ),
    ] = field(name="from", default=UNSET)
    to: Annotated[
        str | UnsetType, Meta(description="Fires before this instant; written likewise.", examples=["2026-12-11"])
    ] = UNSET
    kind: Annotated[str | UnsetType, Meta(description="Of this kind.", examples=["birthday"])] = UNSET
    user_id: Annotated[str | UnsetType, Meta(description="Of this user.", examples=[USER_ID])] = UNSET


class ReplayManyQuery(ReplayQuery, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which failed and missed deliveries to schedule again."""

    limit: Annotated[
        int,
        Meta(description="How many at most.", examples=[1000], extra_json_schema={"minimum": 1, "maximum": 100_000}),
    ] = 1000


class DeliveryQuery(ReplayQuery, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which deliveries to list; every parameter narrows."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorQuery = UNSET
