"""What someone who wrote an unknown name may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(given: str, known: Iterable[str]) -> str:
    """Return a remedy in one clause: the nearest known name, or all of them."""
    names = sorted(known)
    folded = {name.lower().replace("_", ""): name for name in names}
    close = get_close_matches(given.lower().replace("_", ""), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[close[0]]}?" if close else f"there are: {', '.join(names)}"
