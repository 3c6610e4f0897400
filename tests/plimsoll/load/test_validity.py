"""Whether a run may be believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plimsoll.load.validity import reasons_against, warnings_about
from plimsoll.measure import names
from plimsoll.measure.recording import Recording, tags
from plimsoll.measure.run import Scenario
from plimsoll.measure.tallies import Counter, Trend

OPEN = Scenario(
    "rush", "constant-arrival-rate", "", is_open=True, starts_after=timedelta(0), lasts=timedelta(seconds=9)
)
CLOSED = replace(OPEN, name="loop", executor="constant-vus", is_open=False)


def recorded(
    *,
    late: float = 0.1,
    cpu: float = 20,
    dropped: int = 0,
    interrupted: int = 0,
    took: float = 50,
    taken: float = 50,
    of: Scenario = OPEN,
) -> Recording:
    """Return what 1,000 iterations came to."""
    whole, tagged = Recording(), tags(scenario=of.name)
    for metric, value in ((names.ITERATION_LATENESS, late), (names.ITERATION_DURATION, took)):
        trend = whole.tally(metric, tagged)
        assert isinstance(trend, Trend)
        trend.histogram.record(round(value * trend.scale), 1_000)
    used = whole.tally(names.GENERATOR_CPU)
    assert isinstance(used, Trend)
    used.add(cpu)
    counted = (
        (names.USER_TIME, taken * 1_000),
        (names.DROPPED_ITERATIONS, dropped),
        (names.INTERRUPTED_ITERATIONS, interrupted),
    )
    for metric, value in counted:
        counter = whole.tally(metric, tagged)
        assert isinstance(counter, Counter)
        counter.add(value)
    return whole


def test_a_run_whose_generator_kept_up_is_valid() -> None:
    assert reasons_against(recorded(), [OPEN]) == ()


@pytest.mark.parametrize(
    ("recording", "said", "remedy"),
    [
        (recorded(late=25), "1 % of the iterations began over 25", "more --processes"),
        (recorded(late=7_000), "1 % of the iterations began over 7,0", "more --processes"),
        (recorded(cpu=97), "used 97 % of a core", "--shard"),
        (recorded(dropped=250), "rush: 250 of 1,250 iterations (0.2 of all) were dropped", "maxVUs"),
        (recorded(taken=75), "taken for 1.5 times as long", "Lower the load"),
    ],
)
def test_each_bottleneck_is_named_with_its_figure_and_a_remedy(recording: Recording, said: str, remedy: str) -> None:
    (reason,) = reasons_against(recording, [OPEN])

    assert said in reason
    assert remedy in reason


def test_iterations_that_a_closed_scenario_had_no_time_for_are_no_fault_of_the_generator() -> None:
    assert reasons_against(recorded(dropped=500, of=CLOSED), [CLOSED]) == ()


def test_one_dropped_iteration_in_a_thousand_is_borne() -> None:
    assert reasons_against(recorded(dropped=1), [OPEN]) == ()


def test_microseconds_between_iterations_are_no_imbalance() -> None:
    assert reasons_against(recorded(took=0.02, taken=0.03), [OPEN]) == ()


def test_a_run_of_which_nothing_was_recorded_is_not_accused() -> None:
    assert reasons_against(Recording(), [OPEN]) == ()


def test_only_a_closed_model_is_warned_of_what_it_cannot_see() -> None:
    assert warnings_about([OPEN]) == ()
    (warning,) = warnings_about([OPEN, CLOSED])
    assert "Closed model (loop)" in warning


def test_an_address_that_was_passed_over_is_said() -> None:
    (warning,) = warnings_about([OPEN], passed_over=["127.0.0.1:80 (Connection refused)"])
    assert "127.0.0.1:80 (Connection refused)" in warning


def test_too_many_names_are_a_warning_that_says_what_to_do() -> None:
    (warning,) = warnings_about([OPEN], overflowed=True, most=1_000)

    assert "1,000" in warning
    assert "name=" in warning


def test_iterations_that_were_cut_off_are_warned_of_for_their_waiting_is_in_no_figure() -> None:
    (warning,) = warnings_about([OPEN], recording=recorded(interrupted=76))

    assert warning.startswith("Interrupted iterations: 76.")
    assert warnings_about([OPEN], recording=recorded()) == ()
