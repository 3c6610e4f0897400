"""An engine: a process that makes load, and says once a second what it recorded. `python -m plimsoll.load.engine`."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import sys
from pathlib import Path
from time import perf_counter_ns

import uvloop

from plimsoll.errors import InvalidInput, PlimsollError
from plimsoll.load.calling import client_options
from plimsoll.load.client.client import Client
from plimsoll.load.crew import Crew
from plimsoll.load.division import Part
from plimsoll.load.executors import executor
from plimsoll.load.executors.base import Executor
from plimsoll.load.flow import FlowFile, load_flows
from plimsoll.load.messages import Begin, Broken, Ended, Leave, Order, Ready, SetUp, Start, Stop, TearDown
from plimsoll.load.one_address import flows_of
from plimsoll.load.pipes import Pipes
from plimsoll.load.plan import Plan
from plimsoll.load.rites import set_up, tear_down
from plimsoll.load.scenarios import ConstantArrivalRate, RampingArrivalRate
from plimsoll.load.scopes import Scopes
from plimsoll.load.slices import Slicer
from plimsoll.load.users import most
from plimsoll.load.world import World

_QUIET_COLLECTOR = (50_000, 20, 100)
"""Of garbage: rarely, for a collection is a pause; what flows leave in circles is still found."""


class Engine:
    """Carries out the orders of one run, one after the other.

    Args:
        pipes: Where orders come from and reports go to.
    """

    def __init__(self, pipes: Pipes) -> None:
        self._pipes = pipes
        self._running: asyncio.Task[None] | None = None
        self._executors: list[Executor] = []

    async def serve(self) -> None:
        """Carry out orders until there are no more."""
        while (order := await self._pipes.order()) is not None and not isinstance(order, Leave):
            try:
                await self._carry_out(order)
            except InvalidInput as error:
                self._pipes.say(Broken(str(error), (error.field, error.problem, error.remedy)))
            except PlimsollError as error:
                self._pipes.say(Broken(str(error)))
        if self._running is not None and not self._running.done():
            self._running.cancel()

    async def _carry_out(self, order: Order) -> None:
        match order:
            case Begin():
                self._begin(order)
                await self._connect()
                self._pipes.say(Ready())
            case SetUp():
                self._pipes.say(Ready(await set_up(self._flows, self._world, self._client, self._plan)))
            case Start():
                self._running = asyncio.get_running_loop().create_task(self._run(order))
            case Stop():
                for each in self._executors:
                    each.stop(order.grace)
            case TearDown():
                await tear_down(self._flows, self._world, self._client, self._plan, order.data)
                self._pipes.say(Ready())
            case Leave():
                pass

    def _begin(self, order: Begin) -> None:
        plan = self._plan = order.plan
        os.environ.update(plan.env)
        self._flows: FlowFile = load_flows(Path(plan.flow_file)) if plan.flow_file else flows_of(plan.target)
        self._client = Client(client_options(plan.calling))
        self._part = Part(plan.shard * plan.processes + order.engine, plan.shards * plan.processes)
        self._world = World(plan.base, None, plan.env, plan.seed, keeps_cookies=plan.calling.cookies_last)
        self._scopes = Scopes()
        self._crews = self._recruit(plan)
        self._executors = [executor(crew) for crew in self._crews]
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_QUIET_COLLECTOR)

    async def _connect(self) -> None:
        """Connect the users of open scenarios: at 20,000/s there is no time for it when they are due."""
        address = self._plan.base or (self._plan.target.url if self._plan.target else "")
        if address and self._plan.calling.reuse_connections:
            for crew in self._crews:
                if isinstance(crew.scenario, ConstantArrivalRate | RampingArrivalRate):
                    await crew.connect(address)

    def _recruit(self, plan: Plan) -> list[Crew]:
        crews, first = [], 0
        for each in plan.scenarios:
            mix = self._flows.mix(each.mix, each.name)
            crew = Crew(
                each,
                mix,
                self._world,
                self._client,
                self._scopes,
                part=self._part,
                first_vu=first,
                by_stage=plan.by_stage,
            )
            crews.append(crew)
            first += most(each)
        return crews

    async def _run(self, order: Start) -> None:
        self._world.data = order.data
        slicer = Slicer(self._scopes, self._crews, self._pipes, order.at)
        slicer.begin()
        try:
            await asyncio.gather(*(each.run(order.at) for each in self._executors))
        except PlimsollError as error:
            self._pipes.say(Broken(str(error)))
        lasted = (perf_counter_ns() - order.at) / 1e9
        await slicer.last()
        for crew in self._crews:
            crew.close()
        passed_over = tuple(sorted(self._client.dialler.passed_over))
        self._pipes.say(Ended(max(0.0, lasted), self._world.examples, self._scopes.overflowed, passed_over))


async def main() -> None:
    """Run an engine over this process's standard input and output."""
    pipes = await Pipes.open()
    try:
        await Engine(pipes).serve()
    finally:
        await pipes.close()


def _prepare() -> None:
    """Take as many files as the system gives; leave Ctrl-C to the conductor, which says what to do."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    _prepare()
    uvloop.run(main())
    sys.stderr.flush()
    os._exit(0)  # a flow that would not be interrupted must not keep the process
