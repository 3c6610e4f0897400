"""Promise: whatever of a fleet is killed, stopped, cut off or set wrong, nothing is lost and nobody is greeted twice.

The short form: every kind of fault at least once. `make chaos` has the long one: 100,000 deliveries, 200 faults.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from natalis.testing.chaos.report import LONGEST_NODE_STALL, lines, node_stall
from natalis.testing.chaos.schedule import TARGETS, Weather
from natalis.testing.chaos.site import Servers
from natalis.testing.chaos.storm import Plan, Storm

PEOPLE = 2_000
EVERY_KIND_ONCE = Weather(len(TARGETS), longest_jump=timedelta(seconds=20), together=1, at_once=4, pace=0.3)


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_everybody_taken_in_is_greeted_exactly_once_under_faults_of_every_kind(
    servers: Servers, tmp_path: Path, say: Callable[[str], None]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    say(f"seed {seed}")
    storm = Storm(Plan(PEOPLE, EVERY_KIND_ONCE, seed), say)
    outcome = await storm.rage(servers, tmp_path)
    for line in lines(outcome):
        say(line)
    assert outcome.reckoning.people >= PEOPLE
    assert outcome.faults == [], f"seed {seed}"
    assert node_stall(outcome.recoveries) < LONGEST_NODE_STALL, f"seed {seed}"
