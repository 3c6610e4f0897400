"""The virtual users of one scenario in one engine, and what one of them does in one iteration."""

from __future__ import annotations

import asyncio
import traceback
from bisect import bisect_right
from time import perf_counter_ns
from typing import Final

from plimsoll.errors import PlimsollError
from plimsoll.load.client.agent import Agent
from plimsoll.load.client.client import Client
from plimsoll.load.division import Part
from plimsoll.load.flow import Mix
from plimsoll.load.scenarios import RampingArrivalRate, RampingVus, Scenario
from plimsoll.load.scopes import Scope, Scopes
from plimsoll.load.session import Session
from plimsoll.load.shapes import ends_of
from plimsoll.load.world import World
from plimsoll.measure import names

_AT_ONCE: Final = 32
"""Connections that are opened at the same time before a run: well below what listeners queue."""
_APART: Final = 7_919
"""Between the turns of one user and the next, so that users do not take the flows of a mix in step."""


class Crew:
    """The users of one scenario in one engine.

    Args:
        scenario: What they do.
        mix: Which flows.
        world: What sessions share.
        client: What agents share.
        scopes: Where they record.
        part: Of the scenario, which is this engine's.
        first_vu: The number of the scenario's first user, less one.
        by_stage: Whether what they record says which stage it was in.

    Attributes:
        began: The start of the scenario, an instant of `time.perf_counter_ns`.
        busy: Users in the midst of an iteration.
        peak: The most there were since somebody set it back.
        made: Users there ever were.
    """

    def __init__(
        self,
        scenario: Scenario,
        mix: Mix,
        world: World,
        client: Client,
        scopes: Scopes,
        *,
        part: Part,
        first_vu: int = 0,
        by_stage: bool = False,
    ) -> None:
        self.scenario, self.mix, self.world, self.part = scenario, mix, world, part
        self._client, self._scopes, self._first_vu = client, scopes, first_vu
        self._tags = scenario.tags | {names.TAG_SCENARIO: scenario.name}
        self._scope = scopes.of(tuple(sorted(self._tags.items())))
        self._stages: list[tuple[int, Scope]] = []
        if by_stage and isinstance(scenario, RampingVus | RampingArrivalRate):
            self._stages = [(end, self._of_stage(each)) for each, end in enumerate(ends_of(scenario.stages), 1)]
        self._ends = [end for end, _ in self._stages]
        self.began = self.busy = self.peak = self.made = 0
        self._agents: list[Agent] = []
        self.channel = self._scope.iterations

    def user(self, index: int) -> User:
        """Return a new user, by its index within the whole scenario."""
        agent = Agent(self._client)
        self._agents.append(agent)
        self.made += 1
        session = Session(self.world, agent, self._scope, self._first_vu + index + 1, self.scenario.name)
        if self.scenario.env:
            session.env = {**self.world.env, **self.scenario.env}
        return User(self, session, index)

    def scope_at(self, instant: int) -> Scope:
        """Return where to record what is due at an instant."""
        if not self._stages:
            return self._scope
        stage = bisect_right(self._ends, instant - self.began)
        return self._stages[min(stage, len(self._stages) - 1)][1]

    async def connect(self, url: str) -> None:
        """Connect the users that there are, a few at a time: a flow that is due shall not wait for it.

        Args:
            url: What they will call, as far as that is known.
        """
        waiting = list(self._agents)

        async def some() -> None:
            while waiting and await waiting.pop().connect(url):
                pass  # one that cannot be reached is not tried by all

        await asyncio.gather(*(some() for _ in range(_AT_ONCE)))

    def close(self) -> None:
        """Close all connections."""
        for agent in self._agents:
            agent.close()

    def failed(self, error: BaseException) -> None:
        """Count an iteration whose flow raised."""
        code = type(error).__name__
        if code not in self.channel.errors and len(self.channel.errors) >= 100:  # noqa: PLR2004 - kinds; memory stays
            code = "other"
        self.channel.errors[code] = self.channel.errors.get(code, 0) + 1
        self.world.said(code, _told(error))

    def _of_stage(self, number: int) -> Scope:
        return self._scopes.of(tuple(sorted((self._tags | {names.TAG_STAGE: str(number)}).items())))


class User:
    """One virtual user.

    Args:
        crew: Whose.
        session: What its flows get.
        index: Within the whole scenario.
    """

    __slots__ = ("_only", "crew", "index", "session")

    def __init__(self, crew: Crew, session: Session, index: int) -> None:
        self.crew, self.session, self.index = crew, session, index
        self._only = crew.mix.only

    async def iterate(self, taken: int, due: int = 0, turn: int | None = None) -> int:
        """Do one iteration; whatever its flow raises is counted.

        Args:
            taken: When this user was taken for it.
            due: When it was due; 0 in a closed model.
            turn: Its number in the scenario, for a mix; None to go by the user's own.

        Returns:
            When it ended.
        """
        crew, session = self.crew, self.session
        crew.busy += 1
        crew.peak = max(crew.peak, crew.busy)
        started = perf_counter_ns()
        session.begin(crew.scope_at(due or started), due)
        flow = self._only or crew.mix.turn(session.iteration + self.index * _APART if turn is None else turn)
        channel = crew.channel
        if due:
            channel.late(started - due)
        try:
            await flow(session)
        except asyncio.CancelledError:
            channel.interrupted += 1
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a flow may raise what it likes; the run goes on
            crew.failed(error)
            await yielded()
        finally:
            crew.busy -= 1
        ended = perf_counter_ns()
        channel.add(ended - started)
        channel.taken += ended - taken
        if not session.asked:
            await yielded()  # a flow that waits for nothing must not keep all others from running
        return ended


async def yielded() -> None:
    """Let others run."""
    await asyncio.sleep(0)  # noqa: TID251 - no time passes


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = next((each for each in reversed(frames) if "plimsoll" not in each.filename), frames[-1] if frames else None)
    where = f" (line {last.lineno} of {last.name})" if last else ""
    said = str(error) if isinstance(error, PlimsollError) else f"{type(error).__name__}: {error}"
    return said + where
