"""Addresses that must not be written to: unsubscribed, bounced, complained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from natalis.ports.page import Page


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address, why it is suppressed (`unsubscribed`, `bounced`, `complained`, `manual`), and since when (UTC)."""

    email: str
    reason: str
    since: datetime


class Suppressions(Protocol):
    """The list that every worker honours at send time; addresses compare by `domain.user.email_key`."""

    async def add(self, suppression: Suppression) -> None:
        """Suppress an address; one already there keeps its first reason."""
        ...

    async def remove(self, email: str) -> None:
        """Take an address off the list; raises `NotFound`."""
        ...

    async def page(self, *, limit: int, cursor: str | None) -> Page[Suppression]:
        """List by address."""
        ...
