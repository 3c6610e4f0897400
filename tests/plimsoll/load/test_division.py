"""Work divided by index."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plimsoll.load.division import Part


@given(st.integers(0, 1000), st.integers(1, 20))
def test_parts_share_all_there_is_and_differ_by_at_most_one(total: int, parts: int) -> None:
    shares = [Part(number, parts).share(total) for number in range(parts)]

    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


@given(st.integers(0, 1000), st.integers(1, 20))
def test_each_index_belongs_to_one_part(total: int, parts: int) -> None:
    indices = [index for number in range(parts) for index in Part(number, parts).indices(total)]

    assert sorted(indices) == list(range(total))
