"""What all sessions of an engine share: the base address, setup's data, requests made before, what errors said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.request import Request

_KEPT: Final = 4_096
_EXAMPLES: Final = 100
_LONGEST: Final = 500


class World:
    """What all sessions of an engine share.

    Args:
        base: What paths are put behind; empty where flows give whole addresses.
        data: What setup() returned.
        env: What flows are told.
        seed: What chance comes from.
        keeps_cookies: Whether users keep cookies from one iteration to the next; k6's do not.

    Attributes:
        plain: Requests without body and headers of their own by method and address, and the names they go by.
        examples: What one error of each code said.
    """

    def __init__(
        self,
        base: str = "",
        data: Any = None,
        env: Mapping[str, str] | None = None,
        seed: int = 0,
        *,
        keeps_cookies: bool = False,
    ) -> None:
        self.base, self.data, self.env, self.seed = base, data, dict(env or {}), seed
        self.keeps_cookies = keeps_cookies
        self.plain: dict[tuple[str, str], tuple[Request, str]] = {}
        self.examples: dict[str, str] = {}

    def keep(self, key: tuple[str, str], made: tuple[Request, str]) -> tuple[Request, str]:
        """Keep a request for the next time; of too many all are forgotten."""
        if len(self.plain) >= _KEPT:
            self.plain.clear()
        self.plain[key] = made
        return made

    def example(self, exchange: Exchange) -> None:
        """Keep what a failed request said, if it is the first of its kind."""
        code = f"status_{exchange.status}" if exchange.error is None else str(exchange.error)
        if code not in self.examples:
            said = exchange.detail or exchange.text[:_LONGEST]
            self.said(code, f"{exchange.request.method} {exchange.url or exchange.request.url}: {said}")

    def said(self, code: str, text: str) -> None:
        """Keep what an error of a code said, if it is the first."""
        if len(self.examples) < _EXAMPLES:
            self.examples.setdefault(code, text[:_LONGEST])
