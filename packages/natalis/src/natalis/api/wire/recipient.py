"""What recipients say, on the wire: ratings, unsubscribing, and the list of who must not be written to."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from natalis.api.wire.words import Cursor, CursorQuery, Email, Instant, Limit
from natalis.usecases.paging import DEFAULT_LIMIT


class Rating(Struct, frozen=True, forbid_unknown_fields=True):
    """A recipient's word on a message."""

    rating: Annotated[
        int,
        Meta(description="From 1, poor, to 5, great.", examples=[5], extra_json_schema={"minimum": 1, "maximum": 5}),
    ]


class SuppressionFields(Struct, frozen=True, forbid_unknown_fields=True):
    """An address that must not be written to."""

    email: Email
    reason: Annotated[
        Literal["unsubscribed", "bounced", "complained", "manual"] | UnsetType,
        Meta(description="Why; `manual` when left out.", examples=["bounced"]),
    ] = UNSET


class Suppression(Struct, frozen=True, rename="camel"):
    """An address that is not written to."""

    email: Email
    reason: Annotated[str, Meta(description="Why.", examples=["bounced"])]
    since: Instant


class SuppressionPage(Struct, frozen=True, rename="camel"):
    """Suppressed addresses, by address."""

    items: Annotated[list[Suppression], Meta(description="The addresses of this page.")]
    cursor: Cursor


class PageQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of a list."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorQuery = UNSET


class SuppressionQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which address."""

    email: Annotated[str, Meta(description="The address.", examples=["ada@example.org"])]
