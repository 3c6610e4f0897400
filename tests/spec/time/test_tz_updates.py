"""Rule: a new release of the time-zone database moves nobody unseen: preview shows who moves, apply moves them once."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.occasion import BIRTHDAY, KindRule
from natalis.domain.planning import Decision, Plannable, Retime, decide_plans
from natalis.domain.rulebook import Rulebook
from natalis.domain.user import User
from natalis.ports.cache import Cache
from natalis.ports.inbox import Completion
from natalis.ports.outbox import Disposal, Due, DueWindow, Queued
from natalis.ports.plans import Plans
from natalis.ports.store import Store
from natalis.stores.sqlite.opening import open_store
from natalis.testing.builders import ZONES, a_profile, an_arrival
from natalis.usecases import freshness
from natalis.usecases.move_zones import TZ_VERSION, Applied, Drift, Effect, Move, MoveZones, Stranded
from natalis.zones.pinned import TzdataZones

KINDS = {BIRTHDAY: KindRule(BIRTHDAY)}
NOW = datetime(2026, 7, 1, 0, tzinfo=UTC)
DENVER, PHOENIX, LONDON = "America/Denver", "America/Phoenix", "Europe/London"
HOUR = timedelta(hours=1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "natalis.db")
    yield opened
    await opened.connection.close()


@pytest.fixture
def newer(tmp_path: Path) -> TzdataZones:
    """A release in which Denver has given up daylight saving time, as Phoenix did."""
    folder = tmp_path / "2099a"
    with as_file(files("tzdata")) as pinned:
        shutil.copytree(pinned, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(folder / "zoneinfo" / PHOENIX, folder / "zoneinfo" / DENVER)
    (folder / "version").write_text("2099a\n")
    return TzdataZones(folder)


async def add(store: Store, birthday: str, timezone: str) -> User:
    arrival = an_arrival(a_profile(birthday=birthday, timezone=timezone), now=NOW)
    await store.people.add([arrival])
    return arrival.user


async def plan(store: Store, until: datetime) -> None:
    book = Rulebook(KINDS, ZONES.get)
    await store.plans.plan(until=until, limit=100, now=NOW, decide=lambda found: decide_plans(found, book))


def moving(
    store: Store, zones: TzdataZones, *, plans: Plans | None = None, cache: Cache | None = None, batch: int = 500
) -> MoveZones:
    kept = cache or MemoryCache(VirtualClock(NOW))
    return MoveZones(plans or store.plans, store.facts, kept, zones, KINDS, batch=batch)


async def effects(move_zones: MoveZones) -> list[Effect]:
    return [effect async for effect in move_zones.preview()]


async def fire_times(store: Store, user: User) -> tuple[datetime | None, list[datetime]]:
    person = await store.people.get(user.id)
    upcoming = person.occasions[BIRTHDAY].upcoming
    fires = None if upcoming is None else upcoming.fire_at
    return fires, [delivery.fire_at for delivery in person.deliveries]


async def test_preview_shows_who_moves_and_by_how_much_and_writes_nothing(store: Store, newer: TzdataZones) -> None:
    summer = await add(store, "1990-07-20", DENVER)
    await add(store, "1990-12-20", DENVER)
    await add(store, "1990-07-20", LONDON)
    before = await fire_times(store, summer)

    found = await effects(moving(store, newer))

    nine_mdt, nine_mst = datetime(2026, 7, 20, 15, tzinfo=UTC), datetime(2026, 7, 20, 16, tzinfo=UTC)
    assert found == [Move(summer.id, BIRTHDAY, DENVER, date(2026, 7, 20), nine_mdt, nine_mst, planned=False)]
    assert isinstance(found[0], Move)
    assert found[0].by == HOUR
    assert await fire_times(store, summer) == before


async def test_pending_deliveries_are_shown_and_moved_with_their_occasion(store: Store, newer: TzdataZones) -> None:
    user = await add(store, "1990-07-01", DENVER)
    await plan(store, NOW + timedelta(hours=24))

    found = await effects(moving(store, newer))
    applied = await moving(store, newer).apply()

    assert [(move.occasion_date, move.planned) for move in found if isinstance(move, Move)] == [
        (date(2026, 7, 1), True),
        (date(2027, 7, 1), False),
    ]
    assert applied == Applied("2099a", occasions=1)
    upcoming, pending = await fire_times(store, user)
    assert upcoming == datetime(2027, 7, 1, 16, tzinfo=UTC)
    assert pending == [datetime(2026, 7, 1, 16, tzinfo=UTC)]


async def test_applied_twice_it_moves_nothing_the_second_time(store: Store, newer: TzdataZones) -> None:
    await add(store, "1990-07-20", DENVER)
    await moving(store, newer).apply()

    assert await effects(moving(store, newer)) == []
    assert await moving(store, newer).apply() == Applied("2099a", occasions=0)


async def test_nobody_reads_a_fire_time_of_the_old_release_from_a_cache(store: Store, newer: TzdataZones) -> None:
    user, cache = await add(store, "1990-07-20", DENVER), MemoryCache(VirtualClock(NOW))

    async def read() -> list[datetime]:
        keys = (freshness.user_key(user.id), f"{freshness.DELIVERY_LISTS}a", f"{freshness.TIMELINES}a")
        return [await cache.fetch(key, HOUR, lambda: _upcoming(store, user)) for key in keys]

    before = await read()
    await moving(store, newer, cache=cache).apply()

    assert await read() == [instant + HOUR for instant in before]


async def _upcoming(store: Store, user: User) -> datetime:
    upcoming, _ = await fire_times(store, user)
    assert upcoming is not None
    return upcoming


async def test_many_people_are_moved_batch_by_batch(store: Store, newer: TzdataZones) -> None:
    for day in range(1, 12):
        await add(store, f"1990-08-{day:02d}", DENVER if day % 2 else LONDON)

    assert await moving(store, newer, batch=2).apply() == Applied("2099a", occasions=6)
    assert await effects(moving(store, newer, batch=3)) == []


async def test_what_was_sent_stays_as_it_was(store: Store, newer: TzdataZones) -> None:
    user = await add(store, "1990-07-01", DENVER)
    await plan(store, NOW + timedelta(hours=24))
    await send(store, user, at=datetime(2026, 7, 1, 15, tzinfo=UTC))

    await moving(store, newer).apply()

    assert await fire_times(store, user) == (
        datetime(2027, 7, 1, 16, tzinfo=UTC),
        [datetime(2026, 7, 1, 15, tzinfo=UTC)],
    )


async def test_the_release_is_recorded_by_the_first_start_and_then_only_by_apply(
    store: Store, newer: TzdataZones
) -> None:
    assert await moving(store, ZONES).recorded_version() is None

    assert await moving(store, ZONES).drift() is None
    assert await moving(store, ZONES).recorded_version() == ZONES.version
    assert await moving(store, newer).drift() == Drift(recorded=ZONES.version, running="2099a")
    assert await store.facts.get(TZ_VERSION) == ZONES.version

    await moving(store, newer).apply()
    assert await moving(store, newer).drift() is None
    assert await moving(store, ZONES).drift() == Drift(recorded="2099a", running=ZONES.version)


class Stumbling:
    """Plans that break down at the second write."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._writes = 0
        self.scan, self.plan, self.quarantined, self.release = plans.scan, plans.plan, plans.quarantined, plans.release

    async def retime(self, moves: Sequence[Retime]) -> int:
        self._writes += 1
        if self._writes > 1:
            raise ConnectionError
        return await self._plans.retime(moves)


async def test_interrupted_it_records_nothing_and_a_repetition_moves_the_rest(store: Store, newer: TzdataZones) -> None:
    for day in range(1, 7):
        await add(store, f"1990-08-{day:02d}", DENVER)
    await moving(store, ZONES).drift()

    with pytest.raises(ConnectionError):
        await moving(store, newer, plans=Stumbling(store.plans), batch=2).apply()

    assert await moving(store, newer).recorded_version() == ZONES.version
    assert len(await effects(moving(store, newer))) == 4
    assert await moving(store, newer).apply() == Applied("2099a", occasions=4)


class Overtaken:
    """Plans among which a planner is always faster: it plans what was read, with the old zones, before it is moved."""

    def __init__(self, store: Store, times: int) -> None:
        self._store = store
        self._times = times
        plans = store.plans
        self.scan, self.plan, self.quarantined, self.release = plans.scan, plans.plan, plans.quarantined, plans.release

    async def retime(self, moves: Sequence[Retime]) -> int:
        if self._times > 0:
            self._times -= 1
            upcoming = max(
                move.plannable.occasion.upcoming.fire_at for move in moves if move.plannable.occasion.upcoming
            )
            await plan(self._store, upcoming)
        return await self._store.plans.retime(moves)


async def test_what_a_planner_overtakes_is_moved_in_the_next_pass(store: Store, newer: TzdataZones) -> None:
    user = await add(store, "1990-07-20", DENVER)

    applied = await moving(store, newer, plans=Overtaken(store, times=1)).apply()

    assert applied.version == "2099a"
    assert await fire_times(store, user) == (
        datetime(2027, 7, 20, 16, tzinfo=UTC),
        [datetime(2026, 7, 20, 16, tzinfo=UTC)],
    )


async def test_overtaken_again_and_again_it_gives_up_and_records_nothing(store: Store, newer: TzdataZones) -> None:
    await add(store, "1990-07-20", DENVER)

    applied = await moving(store, newer, plans=Overtaken(store, times=100)).apply()

    assert applied.version is None
    assert await moving(store, newer).recorded_version() is None


async def test_whoevers_zone_the_new_release_lacks_is_named_and_keeps_their_time(tmp_path: Path, store: Store) -> None:
    user = await add(store, "1990-07-20", DENVER)
    before = await fire_times(store, user)
    lacking = tmp_path / "lacking"
    lacking.mkdir()
    with as_file(files("tzdata")) as pinned:
        shutil.copy(pinned / "zoneinfo" / "Europe" / "London", lacking / "London")
    zones = TzdataZones(lacking, "2099b")

    (stranded,) = await effects(moving(store, zones))
    await moving(store, zones).apply()

    assert isinstance(stranded, Stranded)
    assert (stranded.user_id, stranded.timezone) == (user.id, DENVER)
    assert DENVER in stranded.reason
    assert await fire_times(store, user) == before


async def test_a_planner_under_the_new_release_continues_where_the_move_left_off(
    store: Store, newer: TzdataZones
) -> None:
    user = await add(store, "1990-07-01", DENVER)
    await moving(store, newer).apply()
    book = Rulebook(KINDS, newer.get)

    def decide(found: Sequence[Plannable]) -> Sequence[Decision]:
        return decide_plans(found, book)

    await store.plans.plan(until=NOW + timedelta(hours=24), limit=10, now=NOW, decide=decide)

    assert await fire_times(store, user) == (
        datetime(2027, 7, 1, 16, tzinfo=UTC),
        [datetime(2026, 7, 1, 16, tzinfo=UTC)],
    )


async def send(store: Store, user: User, *, at: datetime) -> None:
    async def publish(due: Sequence[Due]) -> Sequence[Disposal]:
        return [Queued(each.key) for each in due]

    key = DeliveryKey(user.id, BIRTHDAY, date(2026, 7, 1))
    await store.outbox.dispatch(DueWindow(now=at, limit=10, late_before=at - HOUR, late_limit=10), publish)
    (claimed,) = await store.inbox.claim([key], worker_id="w", now=at, lease_until=at + HOUR)
    done = Completion(key, claimed.attempt_id, Status.SENT, at, "delivered", "accepted", provider_id="1")
    await store.inbox.complete([done])
