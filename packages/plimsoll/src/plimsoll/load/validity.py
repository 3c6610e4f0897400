"""Whether a run may be believed: was the generator itself the bottleneck? Pure.

Each rule says in a sentence what was measured, and what would help. A run that breaks one is INVALID, which is neither
PASS nor FAIL, whatever its figures say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from plimsoll.measure import names
from plimsoll.measure.recording import Recording
from plimsoll.measure.run import Scenario
from plimsoll.measure.tallies import TIME_SCALE, Counter, Trend

LATEST_START: Final = 10.0
"""Milliseconds after their due instant at which 99 % of the iterations shall have begun."""
MOST_CPU: Final = 90.0
"""Percent of a core that an engine may use on the mean: above, requests wait in it for one another."""
MOST_DROPPED: Final = 0.001
"""The share of the arrivals that may be dropped."""
MOST_OUT_OF_BALANCE: Final = 0.10
"""By how much the users in flight may differ from rate times time (Little's law)."""
LEAST_GAP: Final = 1.0
"""Milliseconds by which they must differ for an iteration: below, clocks and rounding are at work."""


def reasons_against(recording: Recording, scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """Return why a run is INVALID, a sentence each; nothing for a valid one."""
    return (
        *_late(recording),
        *_dropped(recording, scenarios),
        *_busy(recording),
        *_out_of_balance(recording),
    )


def warnings_about(
    scenarios: Sequence[Scenario],
    *,
    overflowed: bool = False,
    most: int = 0,
    passed_over: Sequence[str] = (),
    recording: Recording | None = None,
) -> tuple[str, ...]:
    """Return what a reader should know besides, a sentence each.

    Args:
        scenarios: What was done.
        overflowed: Whether there were too many sets of tags.
        most: How many are kept.
        passed_over: Addresses that refused, so that others of the same name were called.
        recording: What was measured.
    """
    return (
        *_closed(scenarios),
        *(_many(most) if overflowed else ()),
        *(_refusing(passed_over) if passed_over else ()),
        *(_interrupted(recording) if recording else ()),
    )


def _late(recording: Recording) -> Iterator[str]:
    lateness = _trend(recording, names.ITERATION_LATENESS.name)
    if lateness is None or (late := lateness.percentile(99)) <= LATEST_START:
        return
    yield (
        f"The generator was late: 1 % of the iterations began over {_short(late)} ms after they were due "
        f"(at most {LATEST_START:g} ms). Lower the rate, give it more --processes or a machine of its own."
    )


def _dropped(recording: Recording, scenarios: Sequence[Scenario]) -> Iterator[str]:
    for scenario in scenarios:
        having = {names.TAG_SCENARIO: scenario.name}
        dropped = _count(recording, names.DROPPED_ITERATIONS.name, having)
        begun = _trend(recording, names.ITERATION_LATENESS.name, having)
        due = dropped + (begun.histogram.count if begun else 0)
        if scenario.is_open and due and dropped / due > MOST_DROPPED:
            yield (
                f"{scenario.name}: {dropped:,.0f} of {due:,.0f} iterations ({dropped / due:.3g} of all) were dropped, "
                "for no user was free, or the generator had not begun them by the end: what they would have measured "
                "is missing. Raise maxVUs, or lower the rate to what service and generator can hold."
            )


def _busy(recording: Recording) -> Iterator[str]:
    cpu = _trend(recording, names.GENERATOR_CPU.name)
    if cpu is not None and cpu.histogram.count and cpu.mean > MOST_CPU:
        yield (
            f"The generator was busy: an engine used {cpu.mean:.0f} % of a core on the mean (at most {MOST_CPU:g} %), "
            "so times hold its own queueing. Lower the load, give it more --processes, or divide it with --shard."
        )


def _out_of_balance(recording: Recording) -> Iterator[str]:
    took = _trend(recording, names.ITERATION_DURATION.name)
    taken = _count(recording, names.USER_TIME.name)
    if took is None or not took.histogram.count:
        return
    expected = took.histogram.total / TIME_SCALE
    gap = taken - expected
    if gap > MOST_OUT_OF_BALANCE * expected and gap / took.histogram.count > LEAST_GAP:
        yield (
            f"Little's law does not hold: users were taken for {taken / expected:.3g} times as long as their "
            f"iterations lasted, {gap / took.histogram.count:.3g} ms more each, so they waited in the generator. "
            "Lower the load, or give it more --processes."
        )


def _closed(scenarios: Sequence[Scenario]) -> Iterator[str]:
    closed = [scenario.name for scenario in scenarios if not scenario.is_open]
    if closed:
        yield (
            f"Closed model ({', '.join(closed)}): users wait for the service, so the load slows down with it and its "
            "stalls go unseen (coordinated omission). Use --rate or an arrival-rate executor to see what users meet."
        )


def _many(most: int) -> Iterator[str]:
    yield (
        f"There were over {most:,} sets of tags in an engine; what came later is recorded as (other). Give requests to "
        "the same endpoint one name: session.get(url, name=…)."
    )


def _refusing(addresses: Sequence[str]) -> Iterator[str]:
    yield (
        f"Refused, so that another address of the same name was called: {', '.join(addresses)}. Where each is to be "
        "measured, set noAddressFallback, or name one in hosts."
    )


def _interrupted(recording: Recording) -> Iterator[str]:
    if count := _count(recording, names.INTERRUPTED_ITERATIONS.name):
        yield (
            f"Interrupted iterations: {count:,.0f}. They had not ended when the time for them was over, and what they "
            "waited for is in no figure: perhaps answers that never came. gracefulStop says how long they may take."
        )


def _short(milliseconds: float) -> str:
    return f"{milliseconds:.3g}" if milliseconds < 1000 else f"{milliseconds:,.0f}"  # noqa: PLR2004 - where 3 digits end


def _trend(recording: Recording, name: str, having: dict[str, str] | None = None) -> Trend | None:
    tally = recording.select(name, having)
    return tally if isinstance(tally, Trend) else None


def _count(recording: Recording, name: str, having: dict[str, str] | None = None) -> float:
    tally = recording.select(name, having)
    return tally.value if isinstance(tally, Counter) else 0.0
