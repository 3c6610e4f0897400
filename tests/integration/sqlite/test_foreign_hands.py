"""What another hand put into the file concerns one person, never the batch."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.occasion import BIRTHDAY
from natalis.errors import InvalidInput
from natalis.stores.sqlite import open_store
from natalis.testing.builders import NOON, a_rulebook
from natalis.testing.journeys import Journey, a_birthday_tomorrow
from natalis.usecases.quarantine import ManageQuarantine


@pytest.mark.parametrize(
    ("column", "value", "set_aside"),
    [
        ("leap_day", "sideways", 0),
        ("user_leap_day", "sideways", 0),
        ("occasion_date", "tomorrow", 1),
        ("month", 13, 1),
        ("timezone", "Mars/Phobos", 1),
    ],
)
async def test_the_others_are_planned_all_the_same(path: Path, column: str, value: object, set_aside: int) -> None:
    store = await open_store(path)
    journey = Journey(store)
    ada, bea = await journey.arrive(a_birthday_tomorrow(), a_birthday_tomorrow())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE occasions SET {column} = ? WHERE user_id = ?", (value, ada.id))  # noqa: S608 - above

    await journey.plan()

    planned = {delivery.key.user_id for delivery in await journey.deliveries()}
    aside, _ = await store.plans.quarantined(limit=10, cursor=None)
    assert planned == ({bea.id} if set_aside else {ada.id, bea.id})
    assert [each.occasion.user_id for each in aside] == [ada.id] * set_aside
    await store.connection.close()


async def test_a_date_that_is_none_cannot_be_released_and_says_so(path: Path) -> None:
    store = await open_store(path)
    journey = Journey(store)
    (ada,) = await journey.arrive(a_birthday_tomorrow())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE occasions SET month = 2, day = 30")
    await journey.plan()
    managing = ManageQuarantine(store.plans, store.people, VirtualClock(NOON), a_rulebook())

    with pytest.raises(InvalidInput, match="does not exist in the calendar"):
        await managing.release(ada.id, BIRTHDAY)

    await store.connection.close()
