"""What tests of an instrumented application share: its life, and logging that is afterwards as it was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import pytest

from plimsoll.instrument import Instrumented

Living: TypeAlias = Callable[[Instrumented], AbstractAsyncContextManager[list[dict[str, Any]]]]


@pytest.fixture
def living() -> Living:
    """See an application through its life, as a block; it is given what the application says to the server."""
    return _lived


@asynccontextmanager
async def _lived(app: Instrumented) -> AsyncIterator[list[dict[str, Any]]]:
    said: list[dict[str, Any]] = []
    ends, is_up = asyncio.Event(), asyncio.Event()
    heard = iter(["lifespan.startup"])

    async def receive() -> dict[str, Any]:
        kind = next(heard, None)
        if kind is None:
            await ends.wait()
        return {"type": kind or "lifespan.shutdown"}

    async def send(message: Any) -> None:
        said.append(message)
        is_up.set()

    life = asyncio.get_running_loop().create_task(app({"type": "lifespan"}, receive, send))
    await asyncio.wait([life, asyncio.get_running_loop().create_task(is_up.wait())], return_when="FIRST_COMPLETED")
    yield said
    ends.set()
    await life


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Let a test set up logging; afterwards every logger is as it was."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    before = [(each, each.handlers[:], each.level, each.propagate) for each in loggers]
    yield
    for each, handlers, level, propagate in before:
        each.handlers, each.level, each.propagate = handlers, level, propagate
    logging.root.manager._clear_cache()  # type: ignore[attr-defined]  # levels are remembered
