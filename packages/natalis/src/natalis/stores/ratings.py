"""What a rating may be, in every store alike."""

from __future__ import annotations

from natalis.errors import InvalidInput

_LOWEST, _HIGHEST = 1, 5


def check_rating(rating: int) -> None:
    """Refuse what the stores have no place for; raises `InvalidInput`."""
    if not _LOWEST <= rating <= _HIGHEST:
        raise InvalidInput("rating", f"{rating} is not from 1 to 5", "give a whole number from 1 to 5")
