"""Tokens: shown once, stored hashed, recognised fast, revoked at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.errors import InvalidInput, NotFound
from natalis.ports.store import Store
from natalis.ports.tokens import Scope
from natalis.usecases.tokens import ManageTokens, digest_of, new_secret


@pytest.fixture
def tokens(store: Store, cache: MemoryCache, clock: VirtualClock) -> ManageTokens:
    return ManageTokens(store.tokens, cache, clock)


async def test_a_secret_is_recognised_as_the_token_it_was_made_for(tokens: ManageTokens) -> None:
    made = await tokens.create("console", Scope.WRITE)
    assert await tokens.authenticate(made.secret) == made.token
    assert (made.token.name, made.token.scope) == ("console", Scope.WRITE)


async def test_the_secret_itself_is_not_stored(tokens: ManageTokens) -> None:
    made = await tokens.create("console", Scope.READ)
    (stored,) = await tokens.list()
    assert stored.digest == digest_of(made.secret)
    assert made.secret not in repr(stored)


def test_a_secret_is_32_random_bytes_behind_a_prefix_that_scanners_know() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(re.fullmatch(r"nat_[A-Za-z0-9_-]{43}", secret) for secret in secrets)


async def test_a_secret_nobody_made_is_refused(tokens: ManageTokens) -> None:
    assert await tokens.authenticate(new_secret()) is None


@pytest.mark.parametrize("text", ["", "nat_", "Bearer x", "nat_" + "é" * 43, "x" * 100_000])
async def test_what_has_not_the_form_of_a_secret_is_refused(tokens: ManageTokens, text: str) -> None:
    assert await tokens.authenticate(text) is None


async def test_made_up_secrets_do_not_fill_the_cache(tokens: ManageTokens, cache: MemoryCache) -> None:
    for _ in range(20):
        await tokens.authenticate(new_secret())
    assert len(cache) == 0


async def test_a_revoked_token_is_refused_at_once(tokens: ManageTokens) -> None:
    made = await tokens.create("console", Scope.READ)
    await tokens.authenticate(made.secret)
    await tokens.revoke("console")
    assert await tokens.authenticate(made.secret) is None
    assert list(await tokens.list()) == []


async def test_a_token_revoked_by_another_process_is_refused_within_half_a_minute(
    tokens: ManageTokens, store: Store, clock: VirtualClock
) -> None:
    made = await tokens.create("console", Scope.READ)
    await tokens.authenticate(made.secret)
    await store.tokens.revoke("console")
    clock.advance(timedelta(seconds=30))
    assert await tokens.authenticate(made.secret) is None


async def test_names_are_unique(tokens: ManageTokens) -> None:
    await tokens.create("console", Scope.READ)
    with pytest.raises(InvalidInput, match="name"):
        await tokens.create("console", Scope.ADMIN)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65])
async def test_a_name_must_be_short_and_printable(tokens: ManageTokens, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        await tokens.create(name, Scope.READ)


async def test_only_a_token_that_exists_can_be_revoked(tokens: ManageTokens) -> None:
    with pytest.raises(NotFound):
        await tokens.revoke("console")


async def test_tokens_are_listed_by_name(tokens: ManageTokens) -> None:
    for name in ("worker", "api", "console"):
        await tokens.create(name, Scope.READ)
    assert [token.name for token in await tokens.list()] == ["api", "console", "worker"]
