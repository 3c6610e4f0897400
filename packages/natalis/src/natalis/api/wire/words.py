"""The words of the wire: field types used by more than one struct, each described with an example."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, UnsetType

from natalis.domain.user import EMAIL_LIMIT, NAME_LIMIT
from natalis.usecases.paging import LARGEST_LIMIT

USER_ID = "0190c3f2-5dfb-7c8e-8f6b-5a4d3c2b1a09"
_DATE_FORM = r"^(\d{4}-\d{2}-\d{2}|--\d{2}-?\d{2})$"

UserId: TypeAlias = Annotated[str, Meta(description="The user's id: a UUID version 7.", examples=[USER_ID])]
_NO_CODE = "signs of markup or code: `< > { } ; = % \\` and `--`."
FirstName: TypeAlias = Annotated[
    str,
    Meta(
        description="The given name, as greeted; without control characters and " + _NO_CODE,
        examples=["Ada"],
        extra_json_schema={"minLength": 1, "maxLength": NAME_LIMIT},
    ),
]
LastName: TypeAlias = Annotated[
    str,
    Meta(
        description="The family name, as greeted; without control characters and " + _NO_CODE,
        examples=["Lovelace"],
        extra_json_schema={"minLength": 1, "maxLength": NAME_LIMIT},
    ),
]
Email: TypeAlias = Annotated[
    str,
    Meta(
        description="Where messages go; unique among living users, whatever its case.",
        examples=["ada@example.org"],
        extra_json_schema={"format": "email", "maxLength": EMAIL_LIMIT},
    ),
]
YearlyText: TypeAlias = Annotated[
    str,
    Meta(
        description="A date from 1900 on, or `--MM-DD` where the year is not known.",
        examples=["1985-12-10"],
        extra_json_schema={"pattern": _DATE_FORM},
    ),
]
Zone: TypeAlias = Annotated[
    str,
    Meta(
        description="An IANA time zone or alias; kept as given.",
        examples=["Europe/London"],
        extra_json_schema={"minLength": 1, "maxLength": 64},
    ),
]
Locale: TypeAlias = Annotated[
    str | None,
    Meta(description="A BCP 47 tag that selects the message's language; null for the default.", examples=["en-GB"]),
]
LeapRule: TypeAlias = Annotated[
    Literal["backward", "forward", "omit"] | None,
    Meta(
        description="What 29 February becomes in a common year: 28 February, 1 March, or nothing; null for the rule "
        "of the kind.",
        examples=["backward"],
    ),
]
Instant: TypeAlias = Annotated[datetime, Meta(description="UTC.", examples=["2026-12-10T09:00:00Z"])]
Kind: TypeAlias = Annotated[str, Meta(description="The kind of occasion.", examples=["birthday"])]
DeliveryId: TypeAlias = Annotated[
    str,
    Meta(
        description="`user id:kind:occasion date`: also the idempotency key that the provider sees.",
        examples=[f"{USER_ID}:birthday:2026-12-10"],
    ),
]
Cursor: TypeAlias = Annotated[
    str | None, Meta(description="Give it back as `cursor` to read on; null after the last item.", examples=[None])
]
Limit: TypeAlias = Annotated[
    int,
    Meta(
        description="How many items at most.", examples=[20], extra_json_schema={"minimum": 1, "maximum": LARGEST_LIMIT}
    ),
]
CursorQuery: TypeAlias = Annotated[
    str | UnsetType,
    Meta(description="The `cursor` of the page before; none for the first page.", examples=["eyJhIjoxfQ"]),
]
