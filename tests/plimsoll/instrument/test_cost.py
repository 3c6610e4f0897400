"""Rules of the cost: use times price, nothing without a price, and a text of prices that is read or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from plimsoll.instrument.cost import Cost, Prices, Usage, read_prices, usage_of_process
from plimsoll.instrument.registry import Registry


class Process:
    """A process whose use is said."""

    def __init__(self, prices: Prices) -> None:
        self.used = Usage(cpu=5, memory=1e9, at=100)
        self._registry = Registry()
        Cost(self._registry, prices, lambda: self.used)

    def costs(self) -> dict[str, float]:
        families = text_string_to_metric_families(self._registry.exposition().decode())
        samples = [each for family in families for each in family.samples]
        return {each.labels["resource"]: each.value for each in samples if each.name == "service_cost_dollars_total"}


def test_use_is_multiplied_by_its_price() -> None:
    process = Process(Prices(cpu_second=0.5, gb_hour=4, instance_hour=2))
    process.used = Usage(cpu=7, memory=1e9, at=100 + 1800)

    assert process.costs() == {"cpu": 3.5, "memory": 2.0, "instance": 1.0}


def test_memory_is_what_was_held_between_two_looks_on_average() -> None:
    process = Process(Prices(gb_hour=1))
    process.used = Usage(cpu=5, memory=3e9, at=100 + 3600)
    process.costs()
    process.used = Usage(cpu=5, memory=3e9, at=100 + 7200)

    assert process.costs() == {"memory": 5.0}


def test_what_has_no_price_is_not_told_of() -> None:
    assert Process(Prices(cpu_second=1)).costs() == {"cpu": 5.0}


def test_a_process_knows_what_it_uses() -> None:
    used = usage_of_process()

    assert used.cpu > 0
    assert used.memory > 1e6


@pytest.mark.parametrize(
    ("text", "prices"),
    [
        ("", None),
        ("cpu_second=0", None),
        ("cpu_second=0.0000112", Prices(cpu_second=0.0000112)),
        (" gb_hour = 0.0045 , instance_hour=0.1,", Prices(gb_hour=0.0045, instance_hour=0.1)),
    ],
)
def test_prices_are_read(text: str, prices: Prices | None) -> None:
    assert read_prices(text) == prices


@given(st.builds(Prices, *(st.floats(0, 1e6) for _ in range(3))))
def test_prices_are_written_as_they_are_read(prices: Prices) -> None:
    assert read_prices(prices.written) == (prices if prices.written else None)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("cpu_seconds=1", "write cpu_second"),
        ("disk=1", "write cpu_second, gb_hour, instance_hour"),
        ("gb_hour=cheap", "gb_hour is a price"),
        ("gb_hour=-1", "gb_hour is a price"),
        ("gb_hour=nan", "gb_hour is a price"),
        ("gb_hour", "gb_hour is a price"),
    ],
)
def test_what_is_no_price_is_refused_with_what_would_be_right(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        read_prices(text)
