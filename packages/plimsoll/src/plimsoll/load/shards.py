"""Puts the runs of shards together: what was recorded merges exactly, and is judged anew. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain

from plimsoll.errors import InvalidInput
from plimsoll.load.validity import reasons_against
from plimsoll.measure.recording import Recording
from plimsoll.measure.run import Judged, Run
from plimsoll.measure.thresholds import Threshold, judge, threshold_of
from plimsoll.measure.timeline import Timeline

_IN_EVERY = " in every "
"""What `Threshold.words` puts between a condition and its window."""


def merged(runs: Sequence[Run], more: Sequence[Threshold] = ()) -> Run:
    """Return several shards as one run.

    Args:
        runs: At least one; of the same scenarios.
        more: Thresholds besides those that the shards had.

    Raises:
        InvalidInput: They do not belong together.
    """
    if not runs:
        raise InvalidInput("FILES", "there is no run", "give what `plimsoll load run --out` wrote")
    first = runs[0]
    _check(runs)
    whole, timeline = Recording(), Timeline()
    for each in runs:
        whole.merge(each.recording)
        timeline.merge(each.timeline)
    lasted = max(each.lasted for each in runs)
    return replace(
        first,
        started_at=min(each.started_at for each in runs),
        lasted=lasted,
        recording=whole,
        timeline=timeline,
        thresholds=_judged(runs, more, whole, lasted),
        reasons=tuple(dict.fromkeys([*reasons_against(whole, first.scenarios), *_reasons(runs)])),
        warnings=tuple(dict.fromkeys(chain(_missing(runs), *(each.warnings for each in runs)))),
        partial=next((each.partial for each in runs if each.partial), None),
        shards=tuple(sorted(set(chain.from_iterable(each.shards for each in runs)))),
        error_examples={code: said for each in reversed(runs) for code, said in each.error_examples.items()},
    )


def _check(runs: Sequence[Run]) -> None:
    for each in runs[1:]:
        if each.scenarios != runs[0].scenarios or each.time_scale != runs[0].time_scale:
            raise InvalidInput(
                "FILES", f"{each.name} and {runs[0].name} are of different scenarios", "merge shards of one run"
            )
    shards = list(chain.from_iterable(each.shards for each in runs))
    if twice := sorted({each for each in shards if shards.count(each) > 1}):
        raise InvalidInput("FILES", f"shard {', '.join(twice)} is there twice", "give each shard once")
    if len({each.partition("/")[2] for each in shards}) > 1:
        raise InvalidInput("FILES", f"{', '.join(shards)} are parts of different wholes", "merge shards of one run")


def _reasons(runs: Sequence[Run]) -> list[str]:
    """Return what was held against single shards: one late machine is not excused by others that were not."""
    return [f"{', '.join(each.shards) or each.name}: {reason}" for each in runs for reason in each.reasons]


def _missing(runs: Sequence[Run]) -> tuple[str, ...]:
    shards = set(chain.from_iterable(each.shards for each in runs))
    wholes = [int(each.partition("/")[2]) for each in shards]
    if not wholes or len(shards) >= max(wholes):
        return ()
    return (
        f"Only {len(shards)} of {max(wholes)} shards are here: the load was {len(shards)}/{max(wholes)} of the plan.",
    )


def _judged(runs: Sequence[Run], more: Sequence[Threshold], whole: Recording, lasted: timedelta) -> tuple[Judged, ...]:
    """Judge anew; a threshold with a window needs the seconds, so it holds where it held in each shard."""
    found: dict[tuple[str, str], Judged] = {}
    for each in chain.from_iterable(run.thresholds for run in runs):
        key = (each.metric, each.condition)
        if _IN_EVERY not in each.condition:
            (found[key],) = judge([threshold_of(each.metric, each.condition)], whole, lasted)
        elif key not in found or each.holds is False:
            found[key] = each
    return (*found.values(), *judge(more, whole, lasted))
