"""Several processes that report as one: real ones, killed as they are killed in the world."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from plimsoll.instrument.exposition import Format
from plimsoll.instrument.registry import Registry

PROGRAM = Path(__file__).with_name("counting_process.py")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Crew:
    """Processes that count into one folder, and one that is scraped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scraper = Registry(folder)
        self.living: list[subprocess.Popen[str]] = []

    def start(self, work: str) -> str:
        """Start a process, wait until it has done some work, and return the first word that it says."""
        command = [sys.executable, str(PROGRAM), str(self.folder), work]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.living.append(process)
        return said(process.stdout)

    def kill(self) -> None:
        """Kill the process that was started first."""
        process = self.living.pop(0)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def kill_all(self) -> None:
        """Kill every process."""
        while self.living:
            self.kill()

    def value(self, name: str, **labels: str) -> float | None:
        """Return what a scrape says of a series."""
        return next(
            (
                sample.value
                for family in self.families()
                for sample in family.samples
                if sample.name == name and sample.labels == labels
            ),
            None,
        )

    def families(self) -> list[Metric]:
        """Return what a scrape says."""
        return list(text_string_to_metric_families(self.scraper.exposition(Format.OPENMETRICS).decode()))  # type: ignore[no-untyped-call]  # it says nothing of types

    def files(self) -> list[str]:
        """Return which files of numbers there are."""
        return sorted(each.name for each in self.folder.iterdir() if each.suffix == ".cells")


def said(output: IO[str] | None) -> str:
    assert output is not None
    return output.readline().strip()


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    """A folder, a process that is scraped, and more as they are started."""
    crew = Crew(tmp_path / "metrics")
    yield crew
    crew.kill_all()


def test_what_each_counted_is_told_by_whoever_is_scraped(crew: Crew) -> None:
    for _ in range(3):
        crew.start("count_orders")

    assert crew.value("orders_total", shop="north") == 15
    assert crew.value("wait_seconds_count") == 3
    assert crew.value("wait_seconds_sum") == 1.5


def test_no_count_falls_when_a_process_is_killed(crew: Crew) -> None:
    for _ in range(3):
        crew.start("count_orders")

    said = [crew.value("orders_total", shop="north")]
    while crew.living:
        crew.kill()
        said += [crew.value("orders_total", shop="north") for _ in range(3)]

    assert said == [15] * 10
    assert crew.value("wait_seconds_bucket", le="1.0") == 3


def test_files_do_not_grow_with_every_process_ever_started(crew: Crew) -> None:
    for _ in range(6):
        crew.start("count_orders")
        crew.kill()
        crew.value("orders_total", shop="north")

    assert len(crew.files()) == 2
    assert crew.value("orders_total", shop="north") == 30


def test_what_the_dead_counted_outlives_whoever_was_scraped(crew: Crew) -> None:
    crew.start("count_orders")
    crew.kill_all()
    assert crew.value("orders_total", shop="north") == 5

    crew.scraper.close()
    crew.scraper = Registry(crew.folder)

    assert crew.value("orders_total", shop="north") == 5


def test_gauges_are_of_the_living_and_put_together_as_they_say(crew: Crew) -> None:
    crew.start("be_busy")
    crew.start("be_busy")
    pids = [process.pid for process in crew.living]

    assert crew.value("busy") == 6
    assert (crew.value("least"), crew.value("most")) == (min(pids), max(pids))
    assert crew.value("mean") == 2
    assert crew.value("newest") == pids[1]
    assert [crew.value("each", pid=str(pid)) for pid in pids] == [1, 1]

    crew.kill()

    assert crew.value("busy") == 3
    assert crew.value("newest") == crew.value("most") == pids[1]
    assert crew.value("each", pid=str(pids[0])) is None


def test_the_exemplar_of_a_killed_process_is_kept(crew: Crew) -> None:
    crew.start("count_orders")
    crew.kill()
    crew.value("orders_total", shop="north")

    found = [
        (sample.labels["le"], sample.exemplar.labels, sample.exemplar.value)
        for family in crew.families()
        for sample in family.samples
        if sample.exemplar
    ]

    assert found == [("1.0", {"trace_id": TRACE}, 0.5)]


def test_a_child_counts_for_itself_after_a_fork_and_its_parent_may_end_first(crew: Crew) -> None:
    words = {crew.start("fork"), said(crew.living[0].stdout)}
    child = int((words - {"done"}).pop())
    os.kill(crew.living[0].pid, signal.SIGKILL)
    crew.living[0].wait()

    told = (crew.value("orders_total", shop="north"), crew.value("busy"), crew.value("version"))
    files = crew.files()
    os.kill(child, signal.SIGKILL)

    assert told == (7.0, 1.0, 7.0)  # both counted; who is gone is busy no longer; what was set before the fork holds
    assert len(files) == 3  # of the child, of the scraper, of all who ended


def test_what_cannot_be_read_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    registry = Registry(tmp_path)
    registry.counter("orders_total", "Orders.").at().inc()
    (tmp_path / "1-abc.cells").write_bytes(b"\0" * 100)
    (tmp_path / "folded.cells").write_bytes(b"PLIMSOLL\x01" + b"\0" * 55 + b"\x09\0\0\0" + b"\x05" * 60)

    assert b"orders_total 1.0" in registry.exposition()
    assert "is left out" in caplog.text


def test_buckets_of_another_version_are_not_added_up(tmp_path: Path) -> None:
    old, new = Registry(tmp_path), Registry(tmp_path)
    old.histogram("wait_seconds", "Waits.", buckets=(1.0,)).at().observe(0.5)
    new.histogram("wait_seconds", "Waits.", buckets=(1.0, 2.0)).at().observe(0.5)

    assert b"wait_seconds_count 1.0" in new.exposition()
    assert b'le="2.0"' in new.exposition()


def test_no_count_falls_for_several_who_scrape_while_processes_are_killed(crew: Crew) -> None:
    for _ in range(5):
        crew.start("count_orders")
    ends = threading.Event()
    seen: list[list[float]] = [[], [], []]

    def scrape(said: list[float]) -> None:
        registry = Registry(crew.folder)
        while not ends.is_set():
            said += [
                float(line.rpartition(" ")[2])
                for line in registry.exposition().decode().splitlines()
                if line.startswith("orders_total{")
            ]
        registry.close()

    threads = [threading.Thread(target=scrape, args=(said,)) for said in seen]
    for each in threads:
        each.start()
    while crew.living:
        crew.kill()
        before = [len(said) for said in seen]
        while not all(len(said) > count + 2 for said, count in zip(seen, before, strict=True)):
            ends.wait(0.001)
    ends.set()
    for each in threads:
        each.join()

    assert {value for said in seen for value in said} == {25.0}
    assert crew.value("orders_total", shop="north") == 25


def test_a_process_that_is_killed_in_the_midst_of_folding_doubles_no_count(crew: Crew) -> None:
    crew.start("count_orders")
    crew.kill()
    (dead,) = [crew.folder / name for name in crew.files() if (crew.folder / name).read_bytes().count(b"orders_total")]
    left = dead.read_bytes()
    crew.value("orders_total", shop="north")
    dead.write_bytes(left)  # as when it was counted, and not yet removed

    said = crew.value("orders_total", shop="north")
    crew.start("count_orders")
    crew.kill()
    after = [crew.value("orders_total", shop="north") for _ in range(2)]

    assert said == 5.0
    assert after == [10.0, 10.0]
    assert not dead.exists()
