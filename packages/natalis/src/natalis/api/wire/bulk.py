"""Many people at once on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from natalis.api.wire.words import Zone


class BulkQuery(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How to take many people in."""

    timezone: Annotated[
        str | UnsetType, Meta(description="The zone of rows that name none.", examples=["Europe/London"])
    ] = UNSET
    update: Annotated[
        bool,
        Meta(description="Whether a row wins where its address is known with other data.", examples=[False]),
    ] = False
    dry_run: Annotated[bool, Meta(description="Check everything, write nothing.", examples=[False])] = False


class BulkRow(Struct, frozen=True, rename="camel"):
    """One line of the body, by the names of `NewUser`; CSV columns and vCards may use other well-known names."""

    timezone: Zone


class RowResult(Struct, frozen=True, rename="camel"):
    """What became of one row."""

    line: Annotated[int, Meta(description="Where the row begins, counted from 1.", examples=[2])]
    outcome: Annotated[
        Literal["added", "unchanged", "updated", "conflict", "bad"],
        Meta(description="What became of it; in a dry run, what would.", examples=["added"]),
    ]
    user_id: Annotated[
        str | None,
        Meta(description="Whose it is; null when nobody's.", examples=["0190c3f2-5dfb-7c8e-8f6b-5a4d3c2b1a09"]),
    ]
    reason: Annotated[
        str, Meta(description="What is wrong and what to do; empty unless it is a conflict or bad.", examples=[""])
    ]


class BulkSummary(Struct, frozen=True, rename="camel", kw_only=True):
    """How many rows came to which end."""

    rows: Annotated[int, Meta(description="All of them.", examples=[3])]
    added: Annotated[int, Meta(description="New people.", examples=[2])]
    unchanged: Annotated[int, Meta(description="Known with the same data.", examples=[0])]
    updated: Annotated[int, Meta(description="Known with other data, which gave way.", examples=[0])]
    conflict: Annotated[int, Meta(description="Known with other data, which stays.", examples=[0])]
    bad: Annotated[int, Meta(description="No person can be made of them.", examples=[1])]
    not_landed: Annotated[
        list[RowResult],
        Meta(description="The first 1000 conflicts and bad rows; empty when every row was answered for already."),
    ]
