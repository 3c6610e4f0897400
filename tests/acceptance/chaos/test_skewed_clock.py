"""A clock that is set off by another process."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from natalis.clocks.system import SystemClock
from natalis.testing.chaos.clock import Hand, SkewedClock

A_MOMENT = timedelta(seconds=30)  # far longer than two lines take, far shorter than the jumps here


@pytest.mark.parametrize("by", [timedelta(hours=1), timedelta(hours=-1)])
def test_it_jumps_as_soon_as_its_hand_is_moved(tmp_path: Path, by: timedelta) -> None:
    hand = Hand(tmp_path / "clock")
    clock = SkewedClock(hand.path)
    hand.set_off(by)
    assert abs(clock.now() - SystemClock().now() - by) < A_MOMENT


def test_it_is_right_until_and_again_after_that(tmp_path: Path) -> None:
    hand = Hand(tmp_path / "clock")
    clock = SkewedClock(hand.path)
    assert abs(clock.now() - SystemClock().now()) < A_MOMENT
    hand.set_off(timedelta(hours=1))
    hand.set_off(timedelta(0))
    assert abs(clock.now() - SystemClock().now()) < A_MOMENT


def test_durations_stay_true(tmp_path: Path) -> None:
    hand = Hand(tmp_path / "clock")
    clock = SkewedClock(hand.path)
    before = clock.monotonic()
    hand.set_off(timedelta(hours=1))
    assert timedelta(0) <= clock.monotonic() - before < A_MOMENT
