"""A page of a long list: keyset pagination, never OFFSET."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item_co = TypeVar("Item_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item_co]):
    """Some items, and where the next ones begin.

    Attributes:
        items: In the list's order.
        cursor: Give it back to read on; None after the last item. Opaque outside the store.
    """

    items: Sequence[Item_co]
    cursor: str | None = None
