"""One rate for a client of several processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from natalis.api.rate import RateLimit
from natalis.api.shared_rate import EVERY, SharedRateLimiter
from natalis.clocks.virtual import VirtualClock
from natalis.testing.builders import NOON

LIMIT = RateLimit(per_second=1, burst=10)


@dataclass
class Buckets:
    """Buckets in memory that do not fill; away when told so."""

    levels: dict[str, float] = field(default_factory=dict)
    asked: int = 0
    away: bool = False

    async def spend(self, spent: Mapping[str, float], *, per_second: float, burst: float) -> Mapping[str, float]:
        assert (per_second, burst) == (1, 10)
        self.asked += 1
        if self.away:
            return {}
        for client, count in spent.items():
            self.levels[client] = self.levels.get(client, burst) - count
        return {client: self.levels[client] for client in spent}


def admitted(limiter: SharedRateLimiter, clock: VirtualClock, count: int, client: str = "a") -> int:
    """Return how many of `count` requests may go on."""
    return sum(limiter.admit(client, clock.monotonic()) is None for _ in range(count))


async def test_what_a_client_does_at_one_process_it_cannot_do_at_another() -> None:
    clock, buckets = VirtualClock(NOON), Buckets()
    one, other = SharedRateLimiter(LIMIT, buckets, clock), SharedRateLimiter(LIMIT, buckets, clock)
    assert admitted(one, clock, 8) == 8
    await one.step()
    assert admitted(other, clock, 1) == 1
    await other.step()

    assert admitted(other, clock, 9) == 1


async def test_a_client_that_overdrew_waits_until_the_debt_is_paid() -> None:
    clock, buckets = VirtualClock(NOON), Buckets()
    one, other = SharedRateLimiter(LIMIT, buckets, clock), SharedRateLimiter(LIMIT, buckets, clock)
    assert admitted(one, clock, 10) == admitted(other, clock, 10) == 10
    await one.step()
    await other.step()

    assert other.admit("a", clock.monotonic()) == timedelta(seconds=11)


async def test_one_client_does_not_slow_another_down() -> None:
    clock, buckets = VirtualClock(NOON), Buckets({"a": -10})
    limiter = SharedRateLimiter(LIMIT, buckets, clock)
    admitted(limiter, clock, 1, client="a")
    await limiter.step()

    assert (admitted(limiter, clock, 1, client="a"), admitted(limiter, clock, 10, client="b")) == (0, 10)


async def test_without_the_others_a_process_goes_by_its_own() -> None:
    clock, buckets = VirtualClock(NOON), Buckets(away=True)
    limiter = SharedRateLimiter(LIMIT, buckets, clock)
    assert admitted(limiter, clock, 5) == 5
    await limiter.step()

    assert admitted(limiter, clock, 9) == 5


async def test_it_settles_now_and_then_and_only_what_there_is() -> None:
    clock, buckets = VirtualClock(NOON), Buckets()
    limiter = SharedRateLimiter(LIMIT, buckets, clock)
    admitted(limiter, clock, 1)
    first = await limiter.step()
    admitted(limiter, clock, 1)
    await limiter.step()
    assert (buckets.asked, first.wake_at) == (1, NOON + EVERY)

    clock.advance(EVERY)
    await limiter.step()
    clock.advance(EVERY)
    await limiter.step()

    assert buckets.asked == 2
