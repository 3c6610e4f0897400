"""Clock skew: whether this machine's clock agrees with the database's, which stands for all the others."""

from __future__ import annotations

import logging
from datetime import timedelta

from natalis.errors import StoreUnavailable
from natalis.ports.clock import Clock
from natalis.runtime.settings import Settings

MUCH = timedelta(seconds=2)
"""A message that much early or late is noticed; a lease (30 s) still holds. NTP keeps machines far closer."""
REMEDY = "let both follow one time source (chrony, systemd-timesyncd): leases and fire times go by the clock"
_log = logging.getLogger(__name__)


def told(skew: timedelta) -> str:
    """Say how far the server's clock is ahead of this machine's, in a sentence."""
    seconds = skew.total_seconds()
    return f"the server's clock is {abs(seconds):.3f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"


async def warn_of_skew(settings: Settings, clock: Clock) -> None:
    """Log a warning when the clocks of a fleet are apart; the process starts all the same, for NTP may mend it yet."""
    if not settings.is_fleet:
        return
    from natalis.stores.postgres.inspecting import clock_skew  # noqa: PLC0415 - one machine loads no driver

    try:
        skew = await clock_skew(settings.database_url, clock=clock)
    except StoreUnavailable as error:
        _log.debug("the server's clock cannot be asked: %s", error)
        return
    if abs(skew) > MUCH:
        _log.warning("%s: %s", told(skew), REMEDY)
