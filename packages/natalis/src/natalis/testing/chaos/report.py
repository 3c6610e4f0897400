"""What a storm came to, as a table and as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from statistics import median

from natalis.testing.chaos.storm import Outcome, Recovery

LONGEST_NODE_STALL = timedelta(seconds=15)
"""For how long deliveries may stand still when one broker node of three is killed (issue 3)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How one kind of fault was borne; durations in seconds.

    Attributes:
        fault: Its kind.
        count: How often it struck.
        flow_median: From its end to the next accepted message.
        flow_max: The longest of those.
        passage_median: From its end until somebody who came afterwards had their message.
        passage_max: The longest of those.
        away_max: For how long it lasted at most: until whatever was struck ran again, so a server's start is in it.
        stall_max: The longest time without any accepted message, from its beginning on: also while it lasted.
    """

    fault: str
    count: int
    flow_median: float
    flow_max: float
    passage_median: float
    passage_max: float
    away_max: float
    stall_max: float


def figures(recoveries: Sequence[Recovery]) -> list[Figure]:
    """Return a figure for each kind of fault, by name; faults that strike together count as a kind of their own."""
    by_label = defaultdict[str, list[Recovery]](list)
    for recovery in recoveries:
        by_label[recovery.blow.label].append(recovery)
    return [_figure(label, found) for label, found in sorted(by_label.items())]


def node_stall(recoveries: Sequence[Recovery]) -> timedelta:
    """Return the longest stall after a broker node was killed; nothing when none was."""
    found = (each.stall for each in recoveries if each.blow.label == "broker node killed")
    return max(found, default=timedelta())


def lines(outcome: Outcome) -> Iterator[str]:
    """Tell it as a table."""
    reckoning = outcome.reckoning
    yield (
        f"{'fault':<28}{'times':>6}{'flow: median':>14}{'max':>8}{'passage: median':>17}{'max':>8}"
        f"{'away: max':>11}{'stall: max':>12}"
    )
    for each in figures(outcome.recoveries):
        yield (
            f"{each.fault:<28}{each.count:>6}{each.flow_median:>12.2f} s{each.flow_max:>6.2f} s"
            f"{each.passage_median:>15.2f} s{each.passage_max:>6.2f} s{each.away_max:>9.2f} s{each.stall_max:>10.2f} s"
        )
    yield (
        f"seed {outcome.plan.seed}: {reckoning.people} deliveries, {_faults(outcome)} faults, "
        f"{outcome.took.total_seconds():.0f} s; lost {reckoning.lost}, doubled {reckoning.doubled}, "
        f"not sent {sum(reckoning.unsent.values())}, unaccounted {reckoning.unaccounted} of {reckoning.samples}; "
        f"{reckoning.attempts - reckoning.people} repeated calls; {outcome.ended} processes ended by themselves; "
        f"longest stall after a node was killed {node_stall(outcome.recoveries).total_seconds():.2f} s"
    )
    for fault in outcome.faults:
        yield f"NOT AS IT SHOULD BE: {fault}"


def record(outcome: Outcome, machine: Mapping[str, object], commit: str) -> dict[str, object]:
    """Return it as JSON can hold it."""
    return {
        "benchmark": "chaos",
        "seed": outcome.plan.seed,
        "deliveries": outcome.reckoning.people,
        "faults": _faults(outcome),
        "seconds": round(outcome.took.total_seconds(), 1),
        "reckoning": asdict(outcome.reckoning),
        "notAsItShouldBe": outcome.faults,
        "processesEnded": outcome.ended,
        "nodeStallSeconds": round(node_stall(outcome.recoveries).total_seconds(), 3),
        "recovery": [asdict(each) for each in figures(outcome.recoveries)],
        "timeline": [_row(each) for each in outcome.recoveries],
        "machine": dict(machine),
        "commit": commit,
    }


def _faults(outcome: Outcome) -> int:
    return sum(len(each.blow.strikes) for each in outcome.recoveries)


def _figure(label: str, found: Sequence[Recovery]) -> Figure:
    flows, passages = ([span(each) for each in found] for span in (_flow, _passage))
    return Figure(
        label,
        len(found),
        round(median(flows), 3),
        round(max(flows), 3),
        round(median(passages), 3),
        round(max(passages), 3),
        round(max((each.mended - each.struck).total_seconds() for each in found), 3),
        round(max(each.stall.total_seconds() for each in found), 3),
    )


def _flow(recovery: Recovery) -> float:
    return recovery.flow.total_seconds()


def _passage(recovery: Recovery) -> float:
    return recovery.passage.total_seconds()


def _row(recovery: Recovery) -> dict[str, object]:
    spans = {name: getattr(recovery, name).total_seconds() for name in ("struck", "mended", "flow", "passage", "stall")}
    return {
        "what": str(recovery.blow),
        **{name: round(seconds, 3) for name, seconds in spans.items()},
        "requests": recovery.asked,
        "requestsRepeated": recovery.refused,
        "slowestRequest": round(recovery.slowest.total_seconds(), 3),
    }
