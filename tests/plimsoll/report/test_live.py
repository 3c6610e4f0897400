"""The live view: in place on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from plimsoll.measure.run import Run
from plimsoll.report.live import LiveView, sparkline


def shown(run: Run, seconds: int, *, is_terminal: bool) -> str:
    out = io.StringIO()
    with LiveView(run.name, run.scenarios, out, is_terminal=is_terminal) as view:
        for number in range(1, seconds + 1):
            view.update(run.recording, run.recording, timedelta(seconds=number), run.thresholds)
    return out.getvalue()


def test_without_a_terminal_there_is_a_line_every_ten_seconds_and_no_colour(frozen: Run) -> None:
    lines = shown(frozen, 31, is_terminal=False).splitlines()

    assert [line.split(",")[0] for line in lines] == ["1s of 1m", "11s of 1m", "21s of 1m", "31s of 1m"]
    assert "10,317 requests" in lines[0]
    assert "1 of 8 thresholds crossed" in lines[0]
    assert "\x1b" not in "".join(lines)


def test_a_file_is_no_terminal(good: Run) -> None:
    out = io.StringIO()
    with LiveView(good.name, good.scenarios, out) as view:
        view.update(good.recording, good.recording, timedelta(seconds=1))

    assert out.getvalue().startswith("1s of 1m, ")


def test_on_a_terminal_progress_figures_and_thresholds_are_drawn(frozen: Run) -> None:
    text = shown(frozen, 30, is_terminal=True)

    for part in ("mixed operations", "30s of 1m", "50%", "this second", "so far", "✗ http_req_latency", "at most"):
        assert part in text


def test_the_terminal_is_given_back_whatever_happens(good: Run) -> None:
    out = io.StringIO()
    with suppress(KeyboardInterrupt), LiveView("r", good.scenarios, out, is_terminal=True) as view:
        view.update(good.recording, good.recording, timedelta(seconds=1))
        raise KeyboardInterrupt

    assert out.getvalue().count("\x1b[?25l") == out.getvalue().count("\x1b[?25h") == 1


@pytest.mark.parametrize("is_terminal", [True, False])
def test_no_name_is_taken_for_markup_or_for_the_terminal_s_own_language(hostile: Run, is_terminal: bool) -> None:
    named = replace(hostile, name="[bold]\x1b]0;title\x07[/nothing]")
    text = shown(named, 1, is_terminal=is_terminal)

    assert "\x1b]0" not in text
    assert "\x07" not in text
    assert "[/nothing]" in text or not is_terminal


def test_a_run_that_recorded_nothing_yet_is_shown(good: Run) -> None:
    empty = replace(good, recording=type(good.recording)(), thresholds=())

    assert "0 requests, 0/s" in shown(empty, 1, is_terminal=False)
    assert "0/s" in shown(empty, 1, is_terminal=True)


@pytest.mark.parametrize(("values", "bars"), [([0, 1, 2, 4, 8], " ▁▂▄█"), ([], ""), ([0, 0], "  "), ([5, 5], "██")])
def test_a_sparkline_is_as_high_as_its_values(values: list[float], bars: str) -> None:
    assert sparkline(values) == bars
