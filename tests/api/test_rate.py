"""How fast one client may call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.api.rate import RateLimit, RateLimiter
from natalis.ports.store import Store
from natalis.ports.tokens import Scope
from natalis.testing.http_api import started_api

SECOND = timedelta(seconds=1)
START = timedelta(hours=1)


def test_a_burst_is_admitted_and_what_follows_it_waits() -> None:
    limiter = RateLimiter(RateLimit(per_second=2, burst=3))

    waits = [limiter.admit("a", START) for _ in range(4)]

    assert waits == [None, None, None, SECOND / 2]


def test_who_waited_as_told_is_admitted() -> None:
    limiter = RateLimiter(RateLimit(per_second=2, burst=1))
    limiter.admit("a", START)
    wait = limiter.admit("a", START)

    assert wait is not None
    assert limiter.admit("a", START + wait) is None


def test_one_client_does_not_slow_another_down() -> None:
    limiter = RateLimiter(RateLimit(per_second=1, burst=1))
    limiter.admit("a", START)

    assert limiter.admit("b", START) is None


def test_no_more_clients_are_remembered_than_memory_should_hold() -> None:
    limiter = RateLimiter(RateLimit(per_second=1, burst=1), clients=100)

    for number in range(1000):
        limiter.admit(str(number), START)

    assert len(limiter._buckets) == 100


@given(st.lists(st.floats(0, 2), max_size=60), st.floats(0.5, 5), st.integers(1, 5))
def test_never_more_than_the_burst_and_the_rate_times_the_time(
    pauses: list[float], per_second: float, burst: int
) -> None:
    limiter, now, admitted = RateLimiter(RateLimit(per_second, burst)), START, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        admitted += limiter.admit("a", now) is None

    assert admitted <= burst + per_second * ((now - START) / SECOND) + 0.001


async def test_too_fast_is_a_429_that_says_when_to_come_back(store: Store) -> None:
    async with started_api(store, rate=RateLimit(per_second=0.5, burst=1)) as api:
        first = await api.client.get("/user")
        second = await api.client.get("/user")
        api.clock.advance(timedelta(seconds=int(second.headers["Retry-After"])))
        third = await api.client.get("/user")

    assert [each.status_code for each in (first, second, third)] == [200, 429, 200]
    assert second.headers["Retry-After"] == "2"


async def test_who_guesses_tokens_is_slowed_down_whatever_they_guess(store: Store) -> None:
    async with started_api(store, listen="10.0.0.1", rate=RateLimit(per_second=1, burst=2)) as api:
        guesses = [{"Authorization": f"Bearer nat_{number:043}"} for number in range(3)]
        statuses = [(await api.client.get("/user", headers=guess)).status_code for guess in guesses]

    assert statuses == [401, 401, 429]


@pytest.mark.parametrize("scope", [Scope.READ])
async def test_a_token_has_a_bucket_of_its_own(store: Store, scope: Scope) -> None:
    async with started_api(store, listen="10.0.0.1", rate=RateLimit(per_second=0.001, burst=1)) as api:
        bearer = await api.bearer(scope)
        await api.client.get("/user")

        assert (await api.client.get("/user", headers=bearer)).status_code == 200
