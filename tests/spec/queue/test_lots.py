"""Lots: what one message holds."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.delivery import DeliveryKey
from natalis.errors import InvalidInput
from natalis.transports.rabbitmq.lots import packed, size_of_lots, unpacked

_WORDS = st.text(st.characters(blacklist_characters=":\n", blacklist_categories=["Cs"]), max_size=40)
KEYS = st.lists(st.builds(DeliveryKey, _WORDS, _WORDS, st.dates()), min_size=1, max_size=300)


@given(KEYS, st.integers(1, 100))
def test_what_is_packed_is_unpacked_in_order_and_whole(keys: list[DeliveryKey], most: int) -> None:
    bodies = packed(keys, most=most)

    assert [key for body in bodies for key in unpacked(body)] == keys


@given(KEYS, st.integers(1, 100))
def test_no_message_holds_more_than_it_may(keys: list[DeliveryKey], most: int) -> None:
    assert max(len(unpacked(body)) for body in packed(keys, most=most)) <= most


def test_a_few_keys_travel_one_by_one_so_that_every_worker_can_have_some() -> None:
    assert size_of_lots(40, most=25) == 1


def test_a_herd_travels_in_full_lots() -> None:
    assert size_of_lots(1000, most=25) == size_of_lots(100_000, most=25) == 25


def test_in_between_lots_grow_with_the_crowd() -> None:
    sizes = [size_of_lots(count, most=25) for count in range(1, 1001)]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"hello", b"a:b:2026-02-30", b"a:birthday:2026-02-28\n", b"a:birthday:2026-02-28\nhello"]
)
def test_a_message_that_is_not_ours_is_refused_whole(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        unpacked(body)


def test_a_message_can_be_read_in_the_brokers_own_tools() -> None:
    key = DeliveryKey("0190c3f2-0000-7000-8000-000000000001", "birthday", date(2026, 2, 28))
    assert packed([key], most=25) == [b"0190c3f2-0000-7000-8000-000000000001:birthday:2026-02-28"]
