"""How often does the paired gate call a true 5 % slowdown regressed, and how often A against A?

Trials in an order drawn from a seed, each a whole paired comparison of two real servers that take a fixed processor
time for an answer, as `plimsoll gate --vus 1` makes it: one user, so that the ratio is of service times and the
machine's noise is all that stands in the way. The slow server takes so much more that the whole answer is 5 % slower:
what an answer costs besides its work is measured first and scaled too.
"""

from __future__ import annotations

import asyncio
import random
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from perf.figures import Figure
from perf.targets import at_least, at_most
from plimsoll.cli.builds import Build
from plimsoll.cli.rounds import Rounds
from plimsoll.compare import figures
from plimsoll.compare.paired import Arm, Comparison, Design, Ruling, compare
from plimsoll.load.plan import Plan, Target
from plimsoll.load.scenarios import ConstantVus
from plimsoll.measure import names

SEED: Final = 20261121
SLOWDOWN: Final = 0.05
WORK: Final = 5.0  # milliseconds of processor time for an answer
ROUND: Final = timedelta(seconds=0.5)
"""A hundred answers: neighbours in time share the mood of the machine, and many short rounds say more than few long."""
_MEDIAN: Final = figures.Figure(names.HTTP_REQ_LATENCY.name, "p50")
_FULL: Final = Design(figures=(_MEDIAN,), noise_rounds=6, rounds=10, limit=60, step=5)
_QUICK: Final = Design(figures=(_MEDIAN,), noise_rounds=3, rounds=6, limit=12, step=3)
_SERVER: Final = Path(__file__).with_name("busy_server.py")


def run(*, quick: bool) -> list[Figure]:
    """Make 20 + 20 trials, or 4 + 4."""
    return asyncio.run(_trials(4 if quick else 20, _QUICK if quick else _FULL))


async def _trials(each: int, design: Design) -> list[Figure]:
    order = [False] * each + [True] * each
    random.Random(SEED).shuffle(order)  # noqa: S311 - an order that can be repeated
    overhead = await _overhead()
    print(f"  an answer costs {overhead:.3f} ms besides its work of {WORK:g} ms")
    slow = WORK + (WORK + overhead) * SLOWDOWN
    found: dict[bool, list[Comparison]] = {False: [], True: []}
    began = perf_counter()
    for number, is_slow in enumerate(order, 1):
        comparison = await _trial(slow if is_slow else WORK, design)
        found[is_slow].append(comparison)
        ratio = comparison.findings[0].ratio.estimate - 1
        said = f"{comparison.ruling}, {ratio:+.1%} in {comparison.rounds} pairs, {comparison.invalid} invalid"
        print(f"  trial {number}: {'5 % slower' if is_slow else 'A against A'}: {said}", flush=True)
    return list(_figures(found, perf_counter() - began))


def _figures(found: dict[bool, list[Comparison]], seconds: float) -> Iterator[Figure]:
    targets = {True: at_least(0.9), False: at_most(0.05)}
    for is_slow, name in ((True, "5 % slower"), (False, "A against A")):
        comparisons = found[is_slow]
        rulings = [each.ruling for each in comparisons]
        yield Figure(f"{name}: trials", len(rulings), "")
        for ruling in Ruling:
            yield Figure(f"{name}: called {ruling.lower()}", rulings.count(ruling), "")
        share = rulings.count(Ruling.REGRESSED) / len(rulings)
        yield Figure(f"{name}: share called regressed", share, "", targets[is_slow])
        yield Figure(f"{name}: pairs a trial", sum(each.rounds for each in comparisons) / len(rulings), "")
    yield Figure("time a trial", seconds / sum(map(len, found.values())), "s")


async def _trial(candidate: float, design: Design) -> Comparison:
    async with _rounds(WORK, candidate) as rounds:
        return await compare(rounds.measure, design)


async def _overhead() -> float:
    """Return what an answer costs besides its work, in milliseconds."""
    async with _rounds(WORK, WORK) as rounds:
        medians = [_MEDIAN.of(await rounds.measure(Arm.BASELINE)) for _ in range(3)]
    return max(0.0, min(each for each in medians if each is not None) - WORK)


@asynccontextmanager
async def _rounds(*work: float) -> AsyncIterator[Rounds]:
    ports = _free_ports(len(work))
    builds = {
        arm: Build(url := f"http://127.0.0.1:{port}/", f"'{sys.executable}' '{_SERVER}' {port} {each}", url, _SOON)
        for arm, port, each in zip(Arm, ports, work, strict=True)
    }
    user = ConstantVus(name="default", vus=1, lasts=ROUND, mix={"default": 1.0})
    plan = Plan(name="trial", scenarios=(user,), target=Target(builds[Arm.BASELINE].url))
    async with Rounds(plan, builds, _now) as rounds:
        yield rounds


_SOON: Final = timedelta(seconds=30)


def _free_ports(count: int) -> list[int]:
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in listening]
    for each in listening:
        each.close()
    return ports


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - when a round began
