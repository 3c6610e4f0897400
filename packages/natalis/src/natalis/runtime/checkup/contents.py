"""What is in the database, looked at through the application itself: the zones of its fire times, the tokens."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from natalis.api.access import is_loopback
from natalis.errors import StoreUnavailable
from natalis.ports.clock import Clock
from natalis.runtime.checkup.finding import Finding, ill, warning, well
from natalis.runtime.migration import plan_migration
from natalis.runtime.settings import Settings
from natalis.runtime.wiring import Application, open_application
from natalis.zones.pinned import TzdataZones


async def check_zones(settings: Settings, clock: Clock, *, is_readable: bool) -> Finding:
    """Compare the zone database that runs with the one that the stored fire times were computed with."""
    running = TzdataZones().version
    if not (is_readable and await _is_current(settings)):
        return well("time zones", f"tzdata {running}")
    async with _opened(settings, clock) as application:
        recorded = await application.move_zones.recorded_version()
    if recorded in {None, running}:
        return well("time zones", f"tzdata {running}")
    detail = f"fire times were computed with tzdata {recorded}, and {running} is installed"
    return warning("time zones", detail, "`natalis tz preview` shows who moves, `natalis tz apply` does it")


async def check_tokens(settings: Settings, clock: Clock, *, is_readable: bool) -> Finding:
    """See whether an API that others can reach has a token."""
    if is_loopback(settings.host):
        return well("tokens", f"not needed on {settings.host}")
    if not is_readable:
        return warning("tokens", "cannot be looked up", "see to the database first")
    count = 0
    if await _is_current(settings):
        async with _opened(settings, clock) as application:
            count = len(await application.tokens.list())
    if count:
        return well("tokens", f"{count}")
    detail = f"none, and {settings.host} can be reached by others"
    return ill("tokens", detail, "make one: `natalis token create NAME --scope write`")


def _opened(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Application]:
    # with the packaged templates: another check says what is wrong with the operator's own
    return open_application(replace(settings, templates=None, redis_url=None), clock)


async def _is_current(settings: Settings) -> bool:
    """Whether the database can be opened without migrating it, which a check-up must not do."""
    try:
        plan = await plan_migration(settings)
    except StoreUnavailable:  # the check of the database says so
        return False
    return plan.exists and not plan.missing
