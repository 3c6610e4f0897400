"""A recipient rates a message through the signed link inside it."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Protocol

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey
from natalis.domain.intake import UserInput
from natalis.domain.occasion import BIRTHDAY
from natalis.domain.signed_link import Purpose, sign
from natalis.errors import InvalidInput, NotFound
from natalis.ports.store import Store
from natalis.usecases.feedback import GiveFeedback, link_secret
from natalis.usecases.manage_users import ManageUsers


class Hands(Protocol):
    """As the fixture makes them: see conftest.py."""

    async def plan(self) -> None: ...


@pytest.fixture
def feedback(store: Store, clock: VirtualClock) -> GiveFeedback:
    return GiveFeedback(store.feedback, store.facts, clock)


@pytest.fixture
async def key(users: ManageUsers, hands: Hands) -> DeliveryKey:
    added = await users.create(UserInput("Ada", "Lovelace", "ada@example.org", "1985-06-02", "Europe/London"))
    await hands.plan()
    return DeliveryKey(added.user.id, BIRTHDAY, date(2026, 6, 2))


async def test_a_rating_counts_for_the_delivery_whose_message_held_the_link(
    feedback: GiveFeedback, store: Store, key: DeliveryKey
) -> None:
    token = sign(Purpose.FEEDBACK, key, await link_secret(store.facts))
    assert await feedback.rate(token, 4) == key
    assert await feedback.mean() == (4.0, 1)


async def test_the_latest_rating_of_a_delivery_wins(feedback: GiveFeedback, store: Store, key: DeliveryKey) -> None:
    token = sign(Purpose.FEEDBACK, key, await link_secret(store.facts))
    await feedback.rate(token, 1)
    await feedback.rate(token, 5)
    assert await feedback.mean() == (5.0, 1)


@pytest.mark.parametrize("rating", [0, 6, -1])
async def test_a_rating_out_of_range_is_refused(
    feedback: GiveFeedback, store: Store, key: DeliveryKey, rating: int
) -> None:
    token = sign(Purpose.FEEDBACK, key, await link_secret(store.facts))
    with pytest.raises(InvalidInput, match="rating"):
        await feedback.rate(token, rating)


@pytest.mark.parametrize("forged", ["", "abc", "{other}", "{purpose}"])
async def test_a_link_that_was_not_made_here_for_this_is_refused(
    feedback: GiveFeedback, store: Store, key: DeliveryKey, forged: str
) -> None:
    secret = await link_secret(store.facts)
    token = forged.format(other=sign(Purpose.FEEDBACK, key, "guessed"), purpose=sign(Purpose.UNSUBSCRIBE, key, secret))
    with pytest.raises(InvalidInput, match="token"):
        await feedback.rate(token, 5)


async def test_a_delivery_that_is_gone_is_not_found(feedback: GiveFeedback, store: Store) -> None:
    token = sign(Purpose.FEEDBACK, DeliveryKey("gone", BIRTHDAY, date(2026, 6, 2)), await link_secret(store.facts))
    with pytest.raises(NotFound):
        await feedback.rate(token, 5)


async def test_every_process_signs_with_the_same_secret(store: Store) -> None:
    secrets = await asyncio.gather(*(link_secret(store.facts) for _ in range(5)))
    assert len(set(secrets)) == 1
    assert len(secrets[0]) == 64
