"""Stored runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from plimsoll.compare.store import RunStore
from plimsoll.errors import InvalidInput
from plimsoll.measure.run import Run


def test_a_run_is_kept_whole(tmp_path: Path, a_run: Callable[..., Run]) -> None:
    store, run = RunStore(tmp_path / "results"), a_run(commit="1a2b3c4d5e6f7a8b")

    path = store.add(run)

    assert path.name == "20261121T090000.000Z-checkout-1a2b3c4d5e6f.json"
    assert list(store.runs()) == [run]


def test_nothing_is_written_over(tmp_path: Path, a_run: Callable[..., Run]) -> None:
    store = RunStore(tmp_path)
    store.add(a_run(10))

    with pytest.raises(InvalidInput, match="only ever added"):
        store.add(a_run(20))
    assert list(store.runs()) == [a_run(10)]


def test_runs_come_oldest_first(tmp_path: Path, a_run: Callable[..., Run]) -> None:
    store = RunStore(tmp_path)
    runs = [a_run(after=timedelta(hours=hours)) for hours in (0, 1, 30)]
    for run in reversed(runs):
        store.add(run)

    assert list(store.runs("checkout")) == runs
    assert list(store.runs("another")) == []


def test_baselines_are_whole_valid_runs_from_before_on_the_same_machine(
    tmp_path: Path, a_run: Callable[..., Run]
) -> None:
    store, day = RunStore(tmp_path), timedelta(days=1)
    good = a_run()
    for run in (
        good,
        a_run(after=day, reasons=("starts were late",)),
        a_run(after=2 * day, partial="interrupted"),
        a_run(after=3 * day, machine="another"),
        a_run(after=9 * day),
    ):
        store.add(run)

    assert store.baselines(a_run(after=8 * day)) == [good]


def test_a_file_that_is_no_result_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}")

    with pytest.raises(InvalidInput, match=r"bad\.json"):
        list(RunStore(tmp_path).runs())
