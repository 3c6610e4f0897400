"""What a scraper is told, in the two formats that it may ask for, read back by Prometheus' own parsers."""

from __future__ import annotations

import asyncio
import gzip
import math
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Summary
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from plimsoll.instrument.exposition import CONTENT_TYPE, OPENMETRICS_TYPE, Format, negotiated, scraped
from plimsoll.instrument.registry import Registry

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def a_registry() -> Registry:
    registry = Registry()
    registry.counter("orders_total", 'Orders "made"\nhere.', "shop").at('a"b\\c\nd').inc(3)
    registry.gauge("active_users_total", "A gauge that sounds like a counter.").at().set(-0.5)
    waits = registry.histogram("wait_seconds", "Waits.", "shop", buckets=(0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        waits.at("north").observe(value, TRACE if value > 0.1 else "")
    return registry


@pytest.mark.parametrize("form", Format)
def test_both_formats_say_the_same(form: Format) -> None:
    text = a_registry().exposition(form).decode()

    families = list(read_text(text) if form is Format.TEXT else read_openmetrics(text))  # type: ignore[no-untyped-call]  # it says nothing of types

    found = {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}
    assert {family.name: family.type for family in families} == {
        "orders": "counter",
        "active_users_total": "gauge",
        "wait_seconds": "histogram",
    }
    assert found == {
        ("orders_total", 'a"b\\c\nd'): 3,
        ("active_users_total",): -0.5,
        ("wait_seconds_bucket", "north", "0.1"): 2,
        ("wait_seconds_bucket", "north", "1.0"): 3,
        ("wait_seconds_bucket", "north", "+Inf"): 4,
        ("wait_seconds_sum", "north"): pytest.approx(7.65),
        ("wait_seconds_count", "north"): 4,
    }


def test_a_bucket_links_to_the_last_trace_that_was_kept() -> None:
    text = a_registry().exposition(Format.OPENMETRICS).decode()

    found = {
        each.labels["le"]: (each.exemplar.labels["trace_id"], each.exemplar.value)
        for family in read_openmetrics(text)  # type: ignore[no-untyped-call]  # it says nothing of types
        for each in family.samples
        if each.exemplar
    }

    assert found == {"1.0": (TRACE, 0.5), "+Inf": (TRACE, 7.0)}
    assert "trace_id" not in a_registry().exposition(Format.TEXT).decode()


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (PROMETHEUS, Format.OPENMETRICS),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0.0, text/plain", Format.TEXT),
        ("text/plain", Format.TEXT),
        ("*/*", Format.TEXT),
        ("", Format.TEXT),
        (";;,=;q=,", Format.TEXT),
    ],
)
def test_openmetrics_is_for_who_names_it(accept: str, form: Format) -> None:
    assert negotiated(accept) is form


async def test_what_is_large_is_compressed_where_that_is_accepted() -> None:
    registry = Registry()
    for number in range(100):
        registry.counter(f"orders_{number}_total", "Orders.")

    packed = await scraped(registry, PROMETHEUS, "deflate, gzip;q=0.5")
    plain = await scraped(registry, "", "gzip;q=0")

    assert dict(packed.headers)[b"content-encoding"] == b"gzip"
    assert gzip.decompress(packed.body) == registry.exposition(Format.OPENMETRICS)
    assert plain.body == registry.exposition()
    assert [dict(each.headers)[b"content-type"].decode() for each in (packed, plain)] == [
        OPENMETRICS_TYPE,
        CONTENT_TYPE,
    ]


@given(st.floats())
def test_any_number_is_read_back(value: float) -> None:
    registry = Registry()
    registry.gauge("level", "Level.").at().set(value)

    (family,) = read_text(registry.exposition().decode())

    assert family.samples[0].value == value or math.isnan(value)


@given(st.text(min_size=1))
def test_any_label_is_read_back(value: str) -> None:
    registry = Registry()
    registry.counter("orders_total", "Orders.", "shop").at(value.replace("\ud800", "")).inc()

    (family,) = read_openmetrics(registry.exposition(Format.OPENMETRICS).decode())  # type: ignore[no-untyped-call]  # it says nothing of types

    assert family.samples[0].labels in ({"shop": value}, {})


def test_a_label_without_a_value_is_left_out() -> None:
    registry = Registry()
    registry.counter("orders_total", "Orders.", "shop", "synthetic").at("north", "").inc()

    assert b'orders_total{shop="north"} 1.0' in registry.exposition()


def test_metrics_that_others_keep_are_told_along() -> None:
    registry, theirs = a_registry(), CollectorRegistry()
    Counter("visits_total", "Visits.", registry=theirs).inc(2)
    Summary("size_bytes", "Sizes.", registry=theirs).observe(3)
    registry.add(theirs)

    text = registry.exposition().decode()

    found = {each.name: each.value for family in read_text(text) for each in family.samples}
    assert (found["visits_total"], found["size_bytes_sum"]) == (2, 3)
    assert "_created" not in text


def test_what_cannot_be_read_keeps_nothing_else_from_being_told(caplog: pytest.LogCaptureFixture) -> None:
    registry = a_registry()
    registry.level("broken", "Broken.", lambda: 1 / 0)

    text = registry.exposition().decode()

    assert "broken NaN" in text
    assert "orders_total{" in text
    assert "broken could not be read" in caplog.text


def test_threads_lose_no_count() -> None:
    registry = Registry()
    counter = registry.counter("orders_total", "Orders.").at()
    waits = registry.histogram("wait_seconds", "Waits.", buckets=(0.1, 1.0)).at()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def count() -> None:
        for _ in range(20_000):
            counter.inc()
            waits.observe(0.5)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    sys.setswitchinterval(before)

    assert "orders_total 80000.0" in registry.exposition().decode()
    assert "wait_seconds_sum 40000.0" in registry.exposition().decode()
    assert "wait_seconds_count 80000.0" in registry.exposition().decode()


@pytest.mark.parametrize(
    "make",
    [
        lambda registry: registry.counter("orders", "Orders."),
        lambda registry: registry.histogram("wait_seconds", "Waits.", buckets=()),
        lambda registry: registry.histogram("wait_seconds", "Waits.", buckets=(1, 1)),
        lambda registry: [registry.gauge("level", "Level."), registry.gauge("level", "Level.")],
        lambda registry: registry.counter("orders_total", "Orders.", "shop").at("a", "b"),
        lambda registry: registry.counter("orders_total", "Orders.").at().inc(-1),
    ],
)
def test_what_cannot_be_a_metric_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make(Registry())  # type: ignore[operator]  # each of them takes a registry


async def test_a_large_text_is_put_together_beside_the_event_loop() -> None:
    registry, threads = Registry(), []

    class Watched(Registry):
        def told(self, form: Format) -> bytes:
            threads.append(threading.current_thread())
            return registry.told(form)

    await asyncio.gather(*(scraped(Watched(), "", "") for _ in range(3)))

    assert threading.main_thread() not in threads
    assert len(threads) == 3
