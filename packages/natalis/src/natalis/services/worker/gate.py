"""The gate before the provider: its circuit breaker and its rate, applied to real time and real calls."""

from __future__ import annotations

from datetime import datetime

from natalis.domain.breaker import Breaker, BreakerRule, Closed, Open, allowance, at_time, is_well, observe, state_name
from natalis.domain.events import BreakerMoved
from natalis.domain.outcome import Outcome
from natalis.domain.rate import Bucket, Rate, available, full_bucket, next_at, rate_of, spend
from natalis.ports.clock import Clock
from natalis.ports.telemetry import Telemetry

_UNLIMITED = rate_of(1e9)


class Gate:
    """Says how many calls may begin. The decisions are `domain/breaker.py`'s and `domain/rate.py`'s.

    Args:
        provider: What the breaker is called.
        rule: When an outage pauses delivery.
        rate: How fast calls may begin; None for no limit.
        clock: Tells the present.
        telemetry: Hears of `BreakerMoved`.
    """

    def __init__(
        self, provider: str, rule: BreakerRule, rate: Rate | None, *, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._provider = provider
        self._rule = rule
        self._rate = rate or _UNLIMITED
        self._clock = clock
        self._telemetry = telemetry
        self._breaker: Breaker = Closed()
        self._bucket: Bucket = full_bucket(self._rate, now=clock.now())

    @property
    def state(self) -> str:
        """Where the breaker stands: `closed`, `open` or `half-open`."""
        return state_name(self._breaker)

    @property
    def paused_until(self) -> datetime | None:
        """Until when no call is made (UTC); None while calls are made."""
        return self._breaker.until if isinstance(self._breaker, Open) else None

    def places(self, free: int, *, in_flight: int) -> int:
        """Return how many calls may begin now, of `free` slots."""
        now = self._clock.now()
        self._move(at_time(self._breaker, now=now))
        self._bucket = spend(self._bucket, self._rate, 0, now=now)  # follows a clock that was set back
        allowed = allowance(self._breaker, self._rule, in_flight=in_flight, free=free)
        return min(allowed, available(self._bucket, self._rate, now=now))

    def is_open_to(self, *, in_flight: int) -> bool:
        """Whether the breaker still lets one more through: it may have moved after parcels were asked for."""
        return allowance(self._breaker, self._rule, in_flight=in_flight, free=1) > 0

    def passed(self) -> None:
        """Note that a call began."""
        self._bucket = spend(self._bucket, self._rate, 1, now=self._clock.now())

    def came_back(self, outcome: Outcome) -> None:
        """Note what came of a call."""
        well = is_well(outcome)
        if well is not None:
            self._move(observe(self._breaker, self._rule, well=well, now=self._clock.now()))

    def next_instant(self) -> datetime | None:
        """Return when it lets more through than now; None when time alone changes nothing."""
        if isinstance(self._breaker, Open):
            return self._breaker.until
        now = self._clock.now()
        token_at = next_at(self._bucket, self._rate, now=now)
        return token_at if token_at > now else None

    def _move(self, breaker: Breaker) -> None:
        moved = state_name(breaker) != state_name(self._breaker)
        self._breaker = breaker
        if moved:
            self._telemetry.record(BreakerMoved(self._provider, state_name(breaker)))
