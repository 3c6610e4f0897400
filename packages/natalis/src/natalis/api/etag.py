"""Entity tags: a user's version as `"7"`, and what `If-Match` and `If-None-Match` ask of it (RFC 9110 section 13)."""

from __future__ import annotations

import re

from natalis.errors import InvalidInput

_TAGS = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*)*')
_TAG = re.compile(r'(?P<weak>W/)?"(?P<value>[\x21\x23-\x7e\x80-\xff]*)"')
ANY = "*"


def tag_of(version: int) -> str:
    """Return the strong tag of a version."""
    return f'"{version}"'


def expected_versions(if_match: str | None) -> frozenset[int] | None:
    """Return the versions that `If-Match` allows; None when any is (no header, or `*`).

    A weak tag never matches here, as RFC 9110 wants; a tag that was not made here matches no version.

    Raises:
        InvalidInput: The header is not a list of entity tags.
    """
    if if_match is None or if_match.strip() == ANY:
        return None
    strong = (value for weak, value in _tags(if_match, "If-Match") if not weak)
    return frozenset(int(value) for value in strong if value.isascii() and value.isdigit() and len(value) <= 18)  # noqa: PLR2004 - what a 64-bit version can hold


def is_known(if_none_match: str | None, version: int) -> bool:
    """Return whether the caller has this version already, so that 304 will do.

    Raises:
        InvalidInput: The header is not a list of entity tags.
    """
    if if_none_match is None:
        return False
    if if_none_match.strip() == ANY:
        return True
    return any(value == str(version) for _, value in _tags(if_none_match, "If-None-Match"))


def _tags(header: str, name: str) -> list[tuple[bool, str]]:
    if _TAGS.fullmatch(header) is None:
        raise InvalidInput(
            name, f"{header[:40]!r} is not an entity tag", 'send the ETag as it was received, such as "3"'
        )
    return [(bool(found["weak"]), found["value"]) for found in _TAG.finditer(header)]
