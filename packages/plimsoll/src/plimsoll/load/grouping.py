"""Which name a request goes by that was given none: its address without the query, and without ids."""

from __future__ import annotations

import re
from typing import Final

_ID: Final = re.compile(
    r"(?<=/)(?:\d+"  # a number
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"  # a UUID
    r"|(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{16,}"  # a long hexadecimal number
    r"|(?=[0-9A-HJKMNP-TV-Z]*\d)[0-9A-HJKMNP-TV-Z]{26}"  # a ULID
    r")(?=[/.]|$)"
)
_LONGEST: Final = 200


def name_of(url: str) -> str:
    """Return a name that requests to the same endpoint share: `/user/42?full=1` becomes `/user/{id}`."""
    plain = url.partition("#")[0].partition("?")[0]
    scheme, slashes, rest = plain.rpartition("://")
    if slashes and "@" in rest.partition("/")[0]:
        rest = rest.partition("@")[2]  # no password in a report
    return (scheme + slashes + _ID.sub("{id}", rest))[:_LONGEST]
