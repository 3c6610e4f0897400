"""The process as metrics."""

from __future__ import annotations

import gc
import os
import platform
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from plimsoll.instrument.process import watch_process
from plimsoll.instrument.registry import Registry


def found(registry: Registry) -> dict[str, float]:
    return {
        sample.name + "".join(sample.labels.get(label, "") for label in ("generation", "le")): sample.value
        for family in text_string_to_metric_families(registry.exposition().decode())
        for sample in family.samples
    }


def test_what_the_system_says_of_the_process_is_told() -> None:
    registry = Registry()
    watch_process(registry, service="shop", version="1")

    told = found(registry)

    held = int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    assert told["process_resident_memory_bytes"] / held > 0.5
    assert 3 <= told["process_open_fds"] < told["process_max_fds"]
    assert told["process_cpu_seconds_total"] > 0
    assert told["process_start_time_seconds"] < Path("/proc/self/stat").stat().st_mtime + 60


def test_what_runs_is_told() -> None:
    registry = Registry()
    watch_process(registry, service="shop", version="1.2")

    text = registry.exposition().decode()

    assert f'build_info{{service="shop",version="1.2",python="{platform.python_version()}"}} 1.0' in text


def test_collections_of_garbage_and_how_long_they_took_are_told() -> None:
    registry = Registry()
    watch_process(registry, service="shop", version="1")
    before = found(registry)

    gc.collect()

    after = found(registry)
    assert after["python_gc_collections_total2"] > before["python_gc_collections_total2"]
    assert after["python_gc_pause_seconds_count2"] > before["python_gc_pause_seconds_count2"]
    assert after["python_gc_pause_seconds_sum2"] > before["python_gc_pause_seconds_sum2"]


def test_a_registry_that_is_gone_is_told_of_no_collection() -> None:
    gc.collect()  # those of other tests
    before = len(gc.callbacks)
    registry = Registry()
    watch_process(registry, service="shop", version="1")
    during = len(gc.callbacks)

    del registry
    gc.collect()

    assert (during, len(gc.callbacks)) == (before + 1, before)


def test_processes_that_report_as_one_use_what_all_use(tmp_path: Path) -> None:
    first, second = Registry(tmp_path), Registry(tmp_path)
    alone = Registry()
    for each in (first, second, alone):
        watch_process(each, service="shop", version="1")
    second.refresh()

    together, one = found(first), found(alone)

    assert 1.9 < together["process_resident_memory_bytes"] / one["process_resident_memory_bytes"] < 2.1
    assert together["process_start_time_seconds"] == one["process_start_time_seconds"]
