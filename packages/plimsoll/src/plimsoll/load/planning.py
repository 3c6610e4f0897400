"""From a file of flows or an address, and what was asked for besides, to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from plimsoll.errors import InvalidInput
from plimsoll.load.flow import load_flows
from plimsoll.load.one_address import flows_of
from plimsoll.load.options import options_of
from plimsoll.load.plan import Plan, Target
from plimsoll.load.scenarios import Scenario, scaled
from plimsoll.load.users import most
from plimsoll.measure.names import TAG_STAGE
from plimsoll.measure.thresholds import Threshold
from plimsoll.measure.thresholds import scaled as shortened


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for.

    Attributes:
        file: Of flows; None for none.
        target: A single address; with a file, what its paths are put behind.
        load: Shortcuts that replace the file's load: `vus`, `duration`, `rate`, `stages`, `iterations`, `maxVUs`.
        scenarios: Whole scenarios that replace the file's load; empty for none.
        name: What to call the run; empty for the file's name.
        thresholds: Besides the file's.
        env: What flows are told.
        calling: Changes to how to call.
        tags: Besides the file's.
        seed: In place of the file's; None for that.
        processes: How many engines.
        shard: Which part, from 0 on.
        shards: Of how many.
        time_scale: By how much durations are divided.
        set_up: Whether the flow's setup is called.
        tear_down: Whether its teardown is.
    """

    file: Path | None = None
    target: Target | None = None
    load: Mapping[str, Any] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = ()
    name: str = ""
    thresholds: tuple[Threshold, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    calling: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    processes: int = 1
    shard: int = 0
    shards: int = 1
    time_scale: float = 1.0
    set_up: bool = True
    tear_down: bool = True


def plan_of(wish: Wish) -> tuple[Plan, tuple[Threshold, ...]]:
    """Return what is to be done, and what shall be so of it.

    Raises:
        InvalidInput: Something that was asked for cannot be.
        RunFailed: The file raised while it was read.
    """
    flows = load_flows(wish.file) if wish.file is not None else flows_of(wish.target)
    options = options_of(flows.options, wish.load)
    chosen = wish.scenarios or options.scenarios
    for each in chosen:
        flows.mix(each.mix, each.name)
    thresholds = (*options.thresholds, *wish.thresholds)
    tags = {**options.tags, **wish.tags}
    scenarios = [msgspec.structs.replace(each, tags={**tags, **each.tags}) for each in chosen]
    _check_parts(wish, max(most(each) for each in scenarios))
    plan = Plan(
        name=wish.name or flows.name,
        scenarios=tuple(scaled(each, wish.time_scale) for each in scenarios),
        flow_file=str(wish.file.resolve()) if wish.file is not None else "",
        target=wish.target if wish.file is None else None,
        base=(wish.target.url if wish.target and wish.file else options.base).rstrip("/"),
        calling=msgspec.structs.replace(options.calling, **wish.calling),
        env=dict(wish.env),
        tags=tags,
        seed=options.seed if wish.seed is None else wish.seed,
        shard=wish.shard,
        shards=wish.shards,
        processes=wish.processes,
        set_up=wish.set_up,
        tear_down=wish.tear_down,
        by_stage=any(TAG_STAGE in dict(each.selector.tags) for each in thresholds),
        time_scale=wish.time_scale,
        setup_timeout=options.setup_timeout,
        teardown_timeout=options.teardown_timeout,
    )
    return plan, tuple(shortened(each, wish.time_scale) for each in thresholds)


def _check_parts(wish: Wish, users: int) -> None:
    if wish.processes * wish.shards > users:
        problem = f"{users} users cannot be divided among {wish.processes * wish.shards} engines"
        raise InvalidInput("--processes", problem, "give fewer processes or shards, or more users")
