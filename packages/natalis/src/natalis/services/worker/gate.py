"""The gate before the provider: its circuit breaker and its limit, applied to real time and real calls."""

from __future__ import annotations

from datetime import datetime

from natalis.domain.breaker import Breaker, BreakerRule, Closed, Open, allowance, at_time, is_well, observe, state_name
from natalis.domain.events import BreakerMoved
from natalis.domain.limit import Limit, Window, at_present, note, room, room_at
from natalis.domain.outcome import Outcome
from natalis.ports.clock import Clock
from natalis.ports.telemetry import Telemetry


class Gate:
    """Says how many calls may begin. The decisions are `domain/breaker.py`'s and `domain/limit.py`'s.

    Args:
        provider: What the breaker is called.
        rule: When an outage pauses delivery.
        limit: How many calls may begin in any second; None for as many as there are.
        clock: Tells the present.
        telemetry: Hears of `BreakerMoved`.
    """

    def __init__(
        self, provider: str, rule: BreakerRule, limit: Limit | None, *, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._provider = provider
        self._rule = rule
        self._limit = limit
        self._clock = clock
        self._telemetry = telemetry
        self._breaker: Breaker = Closed()
        self._window = Window()

    @property
    def state(self) -> str:
        """Where the breaker stands: `closed`, `open` or `half-open`."""
        return state_name(self._breaker)

    @property
    def paused_until(self) -> datetime | None:
        """Until when no call is made (UTC); None while calls are made."""
        return self._breaker.until if isinstance(self._breaker, Open) else None

    def places(self, free: int, *, in_flight: int, stocked: int) -> int:
        """Return how many more deliveries may be taken on, of `free`; those `stocked` will use the limit up as well."""
        now = self._clock.now()
        self._move(at_time(self._breaker, now=now))
        allowed = allowance(self._breaker, self._rule, in_flight=in_flight, free=free)
        if self._limit is None:
            return allowed
        self._window = at_present(self._window, self._limit, now=now)
        return min(allowed, max(0, room(self._window, self._limit, now=now) - stocked))

    def is_open_to(self, *, in_flight: int) -> bool:
        """Whether the breaker still lets one more through: it may have moved after parcels were asked for."""
        return allowance(self._breaker, self._rule, in_flight=in_flight, free=1) > 0

    def passed(self) -> None:
        """Note that a call began."""
        if self._limit is not None:
            self._window = note(self._window, self._limit, now=self._clock.now())

    def came_back(self, outcome: Outcome) -> None:
        """Note what came of a call."""
        well = is_well(outcome)
        if well is not None:
            self._move(observe(self._breaker, self._rule, well=well, now=self._clock.now()))

    def next_instant(self) -> datetime | None:
        """Return when it lets more through than now; None when time alone changes nothing."""
        if isinstance(self._breaker, Open):
            return self._breaker.until
        if self._limit is None:
            return None
        now = self._clock.now()
        free_at = room_at(self._window, self._limit, now=now)
        return free_at if free_at > now else None

    def _move(self, breaker: Breaker) -> None:
        moved = state_name(breaker) != state_name(self._breaker)
        self._breaker = breaker
        if moved:
            self._telemetry.record(BreakerMoved(self._provider, state_name(breaker)))
