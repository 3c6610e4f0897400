"""What a cache outside this process keeps: the type of each family of keys (`usecases/freshness.py` names them)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from natalis.domain.delivery import Delivery, Status
from natalis.domain.forecast import DayForecast
from natalis.domain.person import Person
from natalis.domain.user import User
from natalis.ports.ledger import Upcoming
from natalis.ports.page import Page
from natalis.ports.tokens import Token
from natalis.usecases import freshness

KEPT: Mapping[str, Any] = MappingProxyType(
    {
        freshness.user_key(""): Person,
        freshness.USER_LISTS: Page[User],
        freshness.TOKENS: Token,
        f"{freshness.TIMELINES}upcoming:": Page[Upcoming],
        f"{freshness.TIMELINES}forecast:": DayForecast,
        f"{freshness.DELIVERY_LISTS}": Page[Delivery],
        f"{freshness.DELIVERY_LISTS}tally": Mapping[Status, int],
    }
)
"""By the beginning of a key; the longest one that fits counts. A use case that caches anything else is told in the log,
and a test (`tests/spec/runtime/test_kept.py`) fails."""
