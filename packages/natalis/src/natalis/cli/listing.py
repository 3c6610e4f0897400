"""Long lists on the command line: as many pages as it takes, and a word when there is more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import click

from natalis.cli.output import Output
from natalis.ports.page import Page

T = TypeVar("T")
Item_co = TypeVar("Item_co", covariant=True)
_PAGE = 500  # the most that a use case gives at once


class Fetch(Protocol[Item_co]):
    """A use case's list: one page."""

    def __call__(self, *, limit: int, cursor: str | None) -> Awaitable[Page[Item_co]]:
        """Return up to `limit` items from `cursor` on."""
        ...


async def collect(fetch: Fetch[T], limit: int, output: Output) -> list[T]:
    """Return up to `limit` items, page by page; notes when there are more."""
    items: list[T] = []
    cursor: str | None = None
    with output.progress("reading", limit, after=1.0) as advance:
        while len(items) < limit:
            page = await fetch(limit=min(_PAGE, limit - len(items)), cursor=cursor)
            items += page.items
            advance(len(page.items))
            cursor = page.cursor
            if cursor is None:
                return items
    output.note(f"there are more than {limit}; see them with a higher --limit")
    return items


def limit_option(default: int = 50) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command `--limit`."""
    return click.option(
        "--limit", type=click.IntRange(1), default=default, show_default=True, help="At most this many rows."
    )
