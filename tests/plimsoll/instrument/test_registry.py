"""A registry of metrics: bounded, plain, and nobody else's."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from plimsoll.instrument.process import LoopLag, watch_process
from plimsoll.instrument.registry import Registry


def names(registry: Registry) -> set[str]:
    return {
        sample.name
        for family in text_string_to_metric_families(registry.exposition().decode())
        for sample in family.samples
    }


def test_two_registries_know_nothing_of_each_other() -> None:
    first, second = Registry(), Registry()

    first.counter("a_total", "A.").at().inc()

    assert "a_total" in names(first)
    assert names(second) == set()


def test_no_label_makes_more_series_than_its_bound() -> None:
    registry = Registry()
    bounded = registry.counter("a_total", "A.", "who", limit=10)

    for number in range(1000):
        bounded.at(str(number)).inc()

    text = registry.exposition().decode()
    assert text.count("a_total{") == 11
    assert 'a_total{who="other"} 990.0' in text


def test_there_are_no_series_of_when_a_metric_was_made() -> None:
    registry = Registry()
    registry.counter("a_total", "A.").at().inc()
    registry.histogram("b_seconds", "B.", buckets=(1.0,)).at().observe(1)
    registry.gauge("c_created", "A gauge that only sounds like one.").at().set(1)

    assert names(registry) == {"a_total", "b_seconds_bucket", "b_seconds_sum", "b_seconds_count", "c_created"}


def test_a_level_is_read_when_it_is_scraped() -> None:
    registry, readings = Registry(), iter([1.0, 2.0])
    registry.level("depth", "Depth.", lambda: next(readings))

    assert "depth 1.0" in registry.exposition().decode()
    assert "depth 2.0" in registry.exposition().decode()


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "é"])
def test_a_label_may_hold_anything_and_is_read_back(value: str) -> None:
    registry = Registry()
    registry.counter("a_total", "A.", "what").at(value).inc()

    (family,) = text_string_to_metric_families(registry.exposition().decode())
    assert [sample.labels for sample in family.samples] == [{"what": value}]


def test_the_process_is_watched_without_touching_anything_global() -> None:
    registry, other = Registry(), Registry()

    watch_process(registry, service="natalis", version="1")
    watch_process(other, service="natalis", version="1")

    assert {"process_resident_memory_bytes", "python_gc_collections_total", "build_info"} <= names(registry)


async def test_how_late_the_event_loop_runs_is_measured_until_it_is_stopped() -> None:
    registry = Registry()
    lag = LoopLag(registry, timedelta(milliseconds=1))

    lag.start()
    async with asyncio.timeout(30):
        while measured(registry) < 2:
            await a_turn_of_the_loop()
    lag.stop()
    lag.stop()

    at_the_stop = measured(registry)
    await a_turn_of_the_loop()
    assert measured(registry) == at_the_stop


async def a_turn_of_the_loop() -> None:
    """Let the loop answer everything that is due within two periods of the measurement."""
    turned = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.002, turned.set_result, None)
    await turned


def measured(registry: Registry) -> float:
    return next(
        sample.value
        for family in text_string_to_metric_families(registry.exposition().decode())
        for sample in family.samples
        if sample.name == "event_loop_lag_seconds_count"
    )
