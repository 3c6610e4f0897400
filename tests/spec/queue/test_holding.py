"""Holding: which messages may be acknowledged, and when."""

from __future__ import annotations

from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.delivery import DeliveryKey
from natalis.ports.transport import Parcel
from natalis.transports.rabbitmq.holding import Ack, Holding


def keys(count: int, *, of: int = 1) -> list[DeliveryKey]:
    """Return the keys of message `of`."""
    return [DeliveryKey(f"user-{of}-{number}", "birthday", date(2026, 2, 28)) for number in range(count)]


def test_a_message_is_acknowledged_when_its_last_key_is() -> None:
    holding = Holding()
    holding.add(1, keys(3))
    first, second, third = holding.take(3)
    assert holding.ack([second]) == []
    assert holding.ack([first]) == []
    assert holding.ack([third]) == [Ack(1, multiple=True)]


def test_messages_that_nothing_older_is_held_of_are_acknowledged_together() -> None:
    holding = Holding()
    for tag in (1, 2, 3):
        holding.add(tag, keys(2))
    assert holding.ack(holding.take(6)) == [Ack(3, multiple=True)]


def test_a_message_behind_one_that_is_still_held_is_acknowledged_by_itself() -> None:
    holding = Holding()
    for tag in (1, 2, 3):
        holding.add(tag, keys(1))
    one, two, three = holding.take(3)
    assert holding.ack([three]) == [Ack(3, multiple=False)]
    assert holding.ack([one]) == [Ack(1, multiple=True)]
    assert holding.ack([two]) == [Ack(2, multiple=True)]


def test_a_key_that_is_acknowledged_twice_counts_once() -> None:
    holding = Holding()
    holding.add(1, keys(2))
    first, second = holding.take(2)
    holding.ack([first, first])
    assert holding.ack([first]) == []
    assert holding.ack([second]) == [Ack(1, multiple=True)]


def test_a_parcel_of_another_channel_acknowledges_nothing_here() -> None:
    before, now = Holding(), Holding()
    before.add(1, keys(1))
    now.add(1, keys(1))
    assert now.ack(before.take(1)) == []
    assert now.ack([Parcel(keys(1)[0], "a receipt of somebody else")]) == []


def test_what_is_withdrawn_is_handed_out_no_more_and_can_be_acknowledged() -> None:
    holding = Holding()
    holding.add(1, keys(3))
    taken = holding.take(1)
    withdrawn = holding.withdraw()
    assert [parcel.key for parcel in withdrawn] == keys(3)[1:]
    assert holding.take(9) == []
    assert holding.ack(withdrawn) == []
    assert holding.ack(taken) == [Ack(1, multiple=True)]


def test_what_is_restored_comes_first_and_in_order() -> None:
    holding = Holding()
    holding.add(1, keys(3, of=1))
    withdrawn = holding.withdraw()
    holding.add(2, keys(1, of=2))
    holding.restore(withdrawn)
    assert [parcel.key for parcel in holding.take(4)] == keys(3, of=1) + keys(1, of=2)


def test_every_key_that_is_held_is_known_whether_it_was_handed_out_or_not() -> None:
    holding = Holding()
    holding.add(1, keys(4))
    holding.ack(holding.take(2)[:1])
    assert [parcel.key for parcel in holding.unacknowledged()] == keys(4)[1:]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_every_message_is_acknowledged_exactly_once_and_not_before_all_of_it_is(
    sizes: list[int], random: Random
) -> None:
    holding = Holding()
    left = dict(enumerate(sizes, start=1))
    for tag, size in left.items():
        holding.add(tag, keys(size, of=tag))
    parcels = holding.take(sum(sizes))
    random.shuffle(parcels)
    acknowledged: list[int] = []
    for parcel in parcels:
        left[int(parcel.key.user_id.split("-")[1])] -= 1
        for ack in holding.ack([parcel]):
            covered = [tag for tag in left if tag <= ack.tag and tag not in acknowledged] if ack.multiple else [ack.tag]
            assert all(left[tag] == 0 for tag in covered)
            acknowledged += covered
    assert sorted(acknowledged) == sorted(left)
    assert holding.messages == 0
