"""Rules of the gauges: what is counted by asking, how often, and what happens when there is no answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from natalis.clocks.virtual import VirtualClock
from natalis.errors import StoreUnavailable, TransportUnavailable
from natalis.ports.store import Store
from natalis.runtime.gauges import CENSUS_EVERY, EVERY, REST, Gauges
from natalis.stores.sqlite import open_store
from natalis.stores.sqlite.facts import SqliteFeedback
from natalis.telemetry.metrics import Metrics
from natalis.testing.builders import NOON, an_arrival
from natalis.transports.embedded import EmbeddedTransport
from plimsoll.instrument.registry import Registry


class _Away(EmbeddedTransport):
    async def depth(self) -> int:
        raise TransportUnavailable("nobody answers")


class _Slow(SqliteFeedback):
    """Ratings that take two seconds to count, and where asked fail then."""

    def __init__(self, clock: VirtualClock, *, fails: bool = False) -> None:
        self._clock = clock
        self._fails = fails

    async def mean(self) -> tuple[float, int]:
        self._clock.advance(timedelta(seconds=2))
        if self._fails:
            raise StoreUnavailable("too late")
        return 0.0, 0


@dataclass
class Watched:
    """A store with gauges on it."""

    store: Store
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOON))
    registry: Registry = field(default_factory=Registry)

    def gauges(self, *, is_away: bool = False, counts_people: bool = True) -> Gauges:
        transport = _Away(self.clock) if is_away else EmbeddedTransport(self.clock)
        return Gauges(self.store, transport, self.clock, Metrics(self.registry), counts_people=counts_people)

    def shown(self, name: str) -> float | None:
        families = text_string_to_metric_families(self.registry.exposition().decode())
        return next((each.value for family in families for each in family.samples if each.name == name), None)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    store = await open_store(tmp_path / "natalis.db")
    yield Watched(store)
    await store.connection.close()


async def test_the_living_are_counted_at_the_start(watched: Watched) -> None:
    await watched.store.people.add([an_arrival(), an_arrival()])

    await watched.gauges().step()

    assert watched.shown("active_users_total") == 2


async def test_people_are_counted_again_after_some_minutes_and_not_before(watched: Watched) -> None:
    gauges = watched.gauges()
    await gauges.step()
    await watched.store.people.add([an_arrival()])

    watched.clock.advance(EVERY)
    await gauges.step()
    before = watched.shown("active_users_total")
    watched.clock.advance(CENSUS_EVERY)
    await gauges.step()

    assert (before, watched.shown("active_users_total")) == (0, 1)


async def test_what_takes_long_to_count_is_counted_less_often(watched: Watched) -> None:
    watched.store = replace(watched.store, feedback=_Slow(watched.clock))

    step = await watched.gauges().step()

    assert step.wake_at == NOON + timedelta(seconds=2) * REST


async def test_what_cannot_be_counted_in_time_is_not_tried_again_at_once(watched: Watched) -> None:
    watched.store = replace(watched.store, feedback=_Slow(watched.clock, fails=True))
    gauges = watched.gauges()
    with pytest.raises(StoreUnavailable):
        await gauges.step()

    step = await gauges.step()

    assert step.wake_at == NOON + timedelta(seconds=2) * REST


async def test_a_process_that_counts_no_people_says_nothing_of_them(watched: Watched) -> None:
    await watched.gauges(counts_people=False).step()

    assert watched.shown("active_users_total") in {None, 0}
    assert watched.shown("queue_depth") == 0


async def test_a_queue_that_is_away_keeps_nothing_else_from_being_counted(watched: Watched) -> None:
    await watched.store.people.add([an_arrival()])

    await watched.gauges(is_away=True).step()

    assert watched.shown("active_users_total") == 1
    assert watched.shown("deliveries_pending") == 0
