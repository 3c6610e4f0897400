"""What happened to someone in a year, and why: from the store as it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.intake import UserInput
from natalis.domain.ledger import Explanation
from natalis.domain.ledger_judgement import Answer
from natalis.domain.occasion import BIRTHDAY
from natalis.domain.rulebook import Rulebook
from natalis.errors import InvalidInput, NotFound
from natalis.ports.inbox import Completion
from natalis.ports.store import Store
from natalis.ports.suppressions import Suppression
from natalis.usecases.deliveries import ManageDeliveries
from natalis.usecases.manage_occasions import ManageOccasions
from natalis.usecases.manage_users import ManageUsers
from natalis.usecases.why import ExplainYear

ADA = UserInput("Ada", "Lovelace", "ada@example.org", "1985-06-02", "Europe/London")
DAY_OF = date(2026, 6, 2)
NINE = datetime(2026, 6, 2, 8, tzinfo=UTC)


class Hands(Protocol):
    """As the fixture makes them: see conftest.py."""

    store: Store

    async def plan(self) -> None: ...

    async def dispatch(self) -> None: ...

    async def end(self, key: DeliveryKey, status: Status, outcome: str, detail: str = "") -> None: ...

    async def miss(self) -> None: ...


@pytest.fixture
def why(store: Store, clock: VirtualClock, book: Rulebook) -> ExplainYear:
    return ExplainYear(store.history, store.people, clock, book)


@pytest.fixture
async def ada(users: ManageUsers) -> DeliveryKey:
    return DeliveryKey((await users.create(ADA)).user.id, BIRTHDAY, DAY_OF)


async def only(why: ExplainYear, year: int = 2026) -> Explanation:
    (answer,) = await why.of_email("ada@example.org", year)
    return answer


async def test_what_is_ahead_is_not_yet_planned_then_planned_then_waiting(
    why: ExplainYear, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    assert (await only(why)).answer is Answer.NOT_YET_PLANNED
    await hands.plan()
    planned = await only(why)
    assert (planned.answer, planned.fire_at) == (Answer.PLANNED, NINE)
    clock.advance_to(NINE)
    await hands.dispatch()
    waiting = await only(why)
    assert waiting.answer is Answer.WAITING
    assert waiting.delivery is not None
    assert waiting.delivery.key == ada


async def test_what_was_sent_within_the_tolerance_was_sent(
    why: ExplainYear, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    await hands.plan()
    clock.advance_to(NINE + timedelta(seconds=5))
    await hands.end(ada, Status.SENT, "delivered", "accepted")
    found = await only(why)
    assert (found.answer, found.summary.startswith("Sent at 2026-06-02 09:00:05 BST")) == (Answer.SENT, True)
    assert "accepted by the provider" in [moment.what for moment in found.moments]


async def test_what_was_sent_after_downtime_was_late(
    why: ExplainYear, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    await hands.plan()
    clock.advance_to(NINE + timedelta(hours=2))
    await hands.end(ada, Status.SENT, "delivered", "accepted")
    assert (await only(why)).answer is Answer.LATE


async def test_what_nobody_sent_in_time_was_missed(
    why: ExplainYear, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    await hands.plan()
    clock.advance_to(NINE + timedelta(days=2))
    await hands.miss()
    found = await only(why)
    assert (found.answer, found.user_id) == (Answer.MISSED, ada.user_id)


async def test_what_the_provider_refused_was_refused(
    why: ExplainYear, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    await hands.plan()
    clock.advance_to(NINE)
    await hands.end(ada, Status.FAILED, "refused", "550 no such mailbox")
    found = await only(why)
    assert (found.answer, "550 no such mailbox" in found.summary) == (Answer.REFUSED, True)


async def test_an_address_suppressed_at_send_time_was_suppressed(
    why: ExplainYear, store: Store, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    await hands.plan()
    clock.advance_to(NINE)
    await store.suppressions.add(Suppression("ADA@example.org", "unsubscribed", NINE))
    await hands.dispatch()
    (claimed,) = await store.inbox.claim([ada], worker_id="worker-1", now=NINE, lease_until=NINE + timedelta(minutes=1))
    assert claimed.withheld is not None
    await end_withheld(store, ada, claimed.attempt_id, claimed.withheld)
    found = await only(why)
    assert (found.answer, "unsubscribed" in found.summary) == (Answer.SUPPRESSED, True)


async def test_what_an_operator_cancelled_was_cancelled(
    why: ExplainYear, deliveries: ManageDeliveries, hands: Hands, ada: DeliveryKey
) -> None:
    await hands.plan()
    await deliveries.cancel(ada)
    assert (await only(why)).summary == "Cancelled: cancelled by an operator."


async def test_a_deleted_user_is_still_explained(
    why: ExplainYear, users: ManageUsers, hands: Hands, ada: DeliveryKey
) -> None:
    await hands.plan()
    await users.remove(ada.user_id)
    found = await only(why)
    assert (found.answer, "deleted" in found.summary) == (Answer.CANCELLED, True)


async def test_a_date_moved_within_the_year_counts_at_its_new_place(
    why: ExplainYear, users: ManageUsers, hands: Hands, ada: DeliveryKey
) -> None:
    await hands.plan()
    await users.amend(ada.user_id, UserInput(birthday="1985-07-02"))
    found = await only(why)
    assert (found.answer, found.occasion_date) == (Answer.NOT_YET_PLANNED, date(2026, 7, 2))
    assert "2026-06-02 was superseded" in found.summary


async def test_the_years_before_the_user_came_are_before_arrival(why: ExplainYear, ada: DeliveryKey) -> None:
    found = await only(why, 2025)
    assert (found.answer, found.user_id) == (Answer.BEFORE_ARRIVAL, ada.user_id)


async def test_every_kind_has_an_answer(why: ExplainYear, occasions: ManageOccasions, ada: DeliveryKey) -> None:
    await occasions.put(ada.user_id, "anniversary", "2016-02-29", "omit")
    found = {each.kind: each.answer for each in await why.of_user(ada.user_id, 2027)}
    assert found == {"birthday": Answer.NOT_YET_PLANNED, "anniversary": Answer.OMITTED}


async def test_an_address_that_two_had_is_answered_for_both_the_living_one_first(
    why: ExplainYear, users: ManageUsers, hands: Hands, ada: DeliveryKey
) -> None:
    await hands.plan()
    await users.remove(ada.user_id)
    second = await users.create(ADA)
    found = await why.of_email("ada@example.org", 2026)
    assert [each.user_id for each in found] == [second.user.id, ada.user_id]


async def test_an_address_nobody_has_is_not_found(why: ExplainYear) -> None:
    with pytest.raises(NotFound):
        await why.of_email("nobody@example.org", 2026)


async def test_an_erased_user_is_not_found(why: ExplainYear, users: ManageUsers, ada: DeliveryKey) -> None:
    await users.remove(ada.user_id, erase=True)
    with pytest.raises(NotFound):
        await why.of_email("ada@example.org", 2026)
    with pytest.raises(NotFound):
        await why.of_user(ada.user_id, 2026)


async def test_a_removed_user_with_nothing_on_record_is_not_found_under_the_address_asked_for(
    why: ExplainYear, users: ManageUsers, ada: DeliveryKey
) -> None:
    await users.remove(ada.user_id)
    with pytest.raises(NotFound, match=r"ada@example\.org"):
        await why.of_email("ada@example.org", 1999)


async def test_an_unknown_user_is_not_found(why: ExplainYear) -> None:
    with pytest.raises(NotFound):
        await why.of_user("nobody", 2026)


@pytest.mark.parametrize("year", [1969, 2101])
async def test_a_year_out_of_range_is_refused(why: ExplainYear, ada: DeliveryKey, year: int) -> None:
    with pytest.raises(InvalidInput, match="year"):
        await why.of_user(ada.user_id, year)


async def end_withheld(store: Store, key: DeliveryKey, fence: str, detail: str) -> None:
    await store.inbox.complete([Completion(key, fence, Status.CANCELLED, NINE, "withheld", detail)])
