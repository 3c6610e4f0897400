"""Rules: who must not be written to, by an operator's word or the recipient's own."""

from __future__ import annotations

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey
from natalis.domain.signed_link import Purpose, sign
from natalis.errors import InvalidInput, NotFound
from natalis.ports.store import Store
from natalis.ports.suppressions import Suppression
from natalis.testing.builders import NOON, a_profile, an_arrival
from natalis.usecases.feedback import link_secret
from natalis.usecases.suppress import Suppress


@pytest.fixture
def suppress(store: Store, clock: VirtualClock) -> Suppress:
    return Suppress(store.suppressions, store.people, store.facts, clock)


async def a_token(store: Store, key: DeliveryKey, purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
    """Add Ada, and return the token that her message holds."""
    arrival = an_arrival(a_profile(email="Ada@example.org"))
    await store.people.add([arrival])
    return sign(purpose, key._replace(user_id=arrival.user.id), await link_secret(store.facts))


async def test_an_address_is_suppressed_listed_and_released(suppress: Suppress) -> None:
    await suppress.add(" ada@example.org ")
    assert (await suppress.list()).items == [Suppression("ada@example.org", "manual", NOON)]
    await suppress.remove("ADA@example.org")
    assert (await suppress.list()).items == []


async def test_releasing_an_address_that_is_not_suppressed_is_told(suppress: Suppress) -> None:
    with pytest.raises(NotFound):
        await suppress.remove("ada@example.org")


@pytest.mark.parametrize(("email", "reason"), [("ada", "manual"), ("ada@example.org", "disliked")])
async def test_what_cannot_be_suppressed_is_refused(suppress: Suppress, email: str, reason: str) -> None:
    with pytest.raises(InvalidInput):
        await suppress.add(email, reason)


async def test_a_recipient_unsubscribes_by_the_link_in_the_message(
    suppress: Suppress, store: Store, key: DeliveryKey
) -> None:
    token = await a_token(store, key)
    expected = Suppression("Ada@example.org", "unsubscribed", NOON)
    assert await suppress.unsubscribe(token) == expected
    assert await suppress.unsubscribe(token) == expected
    assert (await suppress.list()).items == [expected]


async def test_a_feedback_link_does_not_unsubscribe(suppress: Suppress, store: Store, key: DeliveryKey) -> None:
    token = await a_token(store, key, Purpose.FEEDBACK)
    with pytest.raises(InvalidInput, match="token"):
        await suppress.unsubscribe(token)
    assert (await suppress.list()).items == []


async def test_the_link_of_a_user_who_is_gone_does_nothing(suppress: Suppress, store: Store, key: DeliveryKey) -> None:
    token = await a_token(store, key)
    user = (await store.people.page(email="ada@example.org", limit=1, cursor=None)).items[0]
    await store.people.remove(user.id, now=NOON, erase=False)
    assert await suppress.unsubscribe(token) is None
    assert (await suppress.list()).items == []
