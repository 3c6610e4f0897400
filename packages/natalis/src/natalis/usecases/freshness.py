"""How long what was read is kept, under which keys, and what a write makes stale: said here once."""

from __future__ import annotations

from datetime import timedelta

from natalis.ports.cache import Cache

REFERENCE = timedelta(hours=1)
USER = timedelta(minutes=10)
TIMELINE = timedelta(minutes=5)
DELIVERY = timedelta(minutes=1)
TALLY = timedelta(seconds=5)  # the console shows it live, and counting everything costs
TOKEN = timedelta(seconds=30)  # how long another process may still honour a revoked token

USER_LISTS = "users:list:"
TIMELINES = "timeline:"
DELIVERY_LISTS = "deliveries:list:"
TOKENS = "token:"


def user_key(user_id: str) -> str:
    """Return the key of one user."""
    return f"user:{user_id}"


async def forget_user(cache: Cache, user_id: str) -> None:
    """Forget what a write to this user made stale: the user, every list of users and every timeline."""
    await cache.invalidate(user_key(user_id))
    await forget_lists(cache)


async def forget_lists(cache: Cache) -> None:
    """Forget what new users made stale: every list of users and every timeline."""
    await cache.invalidate(f"{USER_LISTS}*")
    await cache.invalidate(f"{TIMELINES}*")


async def forget_fire_times(cache: Cache) -> None:
    """Forget everything that tells when a message goes out: users with their next turns, deliveries and timelines."""
    await cache.invalidate(user_key("*"))
    await forget_deliveries(cache)


async def forget_deliveries(cache: Cache) -> None:
    """Forget every list of deliveries and every timeline."""
    await cache.invalidate(f"{DELIVERY_LISTS}*")
    await cache.invalidate(f"{TIMELINES}*")
