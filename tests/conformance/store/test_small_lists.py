"""What every store does with suppressions, tokens, facts and feedback."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.errors import InvalidInput, NotFound
from natalis.ports.store import Store
from natalis.ports.suppressions import Suppression
from natalis.ports.tokens import Scope, Token
from natalis.testing.builders import NOON
from natalis.testing.journeys import Journey, a_birthday_tomorrow

TOKEN = Token("ci", "ab" * 32, Scope.WRITE, NOON)


async def test_a_suppressed_address_keeps_its_first_reason(store: Store) -> None:
    first = Suppression("Ada@x.org", "bounced", NOON)
    await store.suppressions.add(first)
    await store.suppressions.add(Suppression("ada@X.org", "complained", NOON + timedelta(days=1)))

    page = await store.suppressions.page(limit=10, cursor=None)

    assert (list(page.items), page.cursor) == ([first], None)


async def test_an_address_can_be_taken_off_the_list_in_any_spelling(store: Store) -> None:
    await store.suppressions.add(Suppression("Ada@x.org", "manual", NOON))

    await store.suppressions.remove("ADA@x.org")

    assert list((await store.suppressions.page(limit=10, cursor=None)).items) == []
    with pytest.raises(NotFound):
        await store.suppressions.remove("ada@x.org")


async def test_suppressions_are_listed_by_address_a_page_at_a_time(store: Store) -> None:
    for email in ("c@x.org", "A@x.org", "b@x.org"):
        await store.suppressions.add(Suppression(email, "manual", NOON))

    first = await store.suppressions.page(limit=2, cursor=None)
    second = await store.suppressions.page(limit=2, cursor=first.cursor)

    assert [each.email for each in (*first.items, *second.items)] == ["A@x.org", "b@x.org", "c@x.org"]
    assert second.cursor is None
    with pytest.raises(InvalidInput):
        await store.suppressions.page(limit=2, cursor="nonsense")


async def test_a_token_is_found_by_its_digest(store: Store) -> None:
    await store.tokens.add(TOKEN)

    assert await store.tokens.find(TOKEN.digest) == TOKEN
    assert await store.tokens.find("cd" * 32) is None


async def test_tokens_are_listed_by_name(store: Store) -> None:
    for name in ("web", "cron", "ci"):
        await store.tokens.add(replace(TOKEN, name=name, digest=f"digest of {name}"))

    assert [token.name for token in await store.tokens.all()] == ["ci", "cron", "web"]


async def test_a_tokens_name_is_unique(store: Store) -> None:
    await store.tokens.add(TOKEN)

    with pytest.raises(InvalidInput):
        await store.tokens.add(replace(TOKEN, digest="cd" * 32))

    assert list(await store.tokens.all()) == [TOKEN]


async def test_a_revoked_token_is_gone(store: Store) -> None:
    await store.tokens.add(TOKEN)

    await store.tokens.revoke("ci")

    assert await store.tokens.find(TOKEN.digest) is None
    with pytest.raises(NotFound):
        await store.tokens.revoke("ci")


async def test_a_fact_is_what_was_put_last(store: Store) -> None:
    assert await store.facts.get("tz") is None
    await store.facts.put("tz", "2026a")
    await store.facts.put("tz", "2026b")

    assert await store.facts.get("tz") == "2026b"


async def test_of_new_facts_the_first_stands(store: Store) -> None:
    assert await store.facts.put_new("secret", "first") == "first"
    assert await store.facts.put_new("secret", "second") == "first"
    assert await store.facts.get("secret") == "first"


async def test_the_latest_rating_of_a_delivery_counts(journey: Journey) -> None:
    first, second = await journey.sent(a_birthday_tomorrow(), a_birthday_tomorrow())
    feedback = journey.store.feedback
    assert await feedback.mean() == (0.0, 0)

    for key, rating in ((first, 1), (second, 4), (first, 5)):
        await feedback.rate(key, rating, now=journey.now)

    assert await feedback.mean() == (4.5, 2)


async def test_only_a_delivery_can_be_rated_and_only_from_1_to_5(journey: Journey) -> None:
    (key,) = await journey.sent()

    with pytest.raises(NotFound):
        await journey.store.feedback.rate(DeliveryKey("nobody", "birthday", date(2026, 6, 2)), 5, now=journey.now)
    for rating in (0, 6):
        with pytest.raises(InvalidInput):
            await journey.store.feedback.rate(key, rating, now=journey.now)
