"""Whatever everyone does in whatever order: nothing is lost, nobody gets two, and fences hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natalis.ports.store import Store
from natalis.testing.journeys import Journey
from natalis.testing.wanderings import OFTEN, Act, Wanderer

STEPS = st.lists(st.tuples(st.sampled_from(OFTEN), st.integers(0, 2**16)), min_size=60, max_size=150)


@pytest.mark.timeout(900)  # behind a pooler nothing is prepared: two minutes on a machine that does nothing else
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_must_hold_holds_after_any_steps(
    new_store: Callable[[], AbstractAsyncContextManager[Store]], steps: list[tuple[Act, int]]
) -> None:
    async def wander() -> None:
        async with new_store() as store:
            wanderer = Wanderer(Journey(store))
            for act, choice in steps:
                await wanderer.act(act, choice)

    asyncio.run(wander())
