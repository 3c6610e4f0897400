"""What strikes when: a pure function of a seed."""

from __future__ import annotations

import enum
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

_ROLES = ("planner", "dispatcher", "worker", "api")
_NODES = ("leader", "follower")
_ALL = ("",)


class Kind(enum.StrEnum):
    """What can be done to a fleet."""

    KILLED = "killed"
    STOPPED = "stopped"
    CLOCK_JUMPED = "clock jumped"
    DATABASE_RESTARTED = "database restarted"
    DATABASE_RESTARTED_TWICE = "database restarted twice"
    DATABASE_KILLED = "database killed"
    DATABASE_CUT = "database connections cut"
    DATABASE_REFUSED = "database refused"
    DATABASE_SILENT = "database silent"
    SNAPSHOT_HELD = "snapshot held"
    REPLICA_KILLED = "replica killed"
    REPLICA_STOPPED = "replica stopped"
    REPLICA_DELAYED = "replica delayed"
    NODE_KILLED = "broker node killed"
    NODE_STOPPED = "broker node stopped"
    BROKER_KILLED = "broker killed"
    BROKER_CUT = "broker connections cut"
    BROKER_SILENT = "broker silent"
    BROKER_AWAY = "broker away"
    CACHE_KILLED = "cache killed"


class Ground(enum.StrEnum):
    """What a fault stands on; two of the same never strike together."""

    PROCESS = "process"
    DATABASE = "database"
    REPLICA = "replica"
    BROKER = "broker"
    CACHE = "cache"


TARGETS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.KILLED: _ROLES,
        Kind.STOPPED: _ROLES,
        Kind.CLOCK_JUMPED: _ROLES,
        Kind.NODE_KILLED: _NODES,
        Kind.NODE_STOPPED: _NODES,
        **dict.fromkeys((kind for kind in Kind if kind.value.startswith("database ")), _ALL),
        **dict.fromkeys((Kind.SNAPSHOT_HELD, Kind.BROKER_KILLED, Kind.BROKER_CUT, Kind.BROKER_SILENT), _ALL),
        **dict.fromkeys((Kind.REPLICA_KILLED, Kind.REPLICA_STOPPED, Kind.REPLICA_DELAYED, Kind.CACHE_KILLED), _ALL),
    }
)
"""What each kind may strike; a broker that is away for long is not drawn, but comes last of all (`storm.Plan`)."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault, to be.

    Attributes:
        kind: What is done.
        target: To whom: a role of the fleet, a node of the broker; empty where there is only one.
        hold: How long it lasts before it is mended.
        jump: How far the clock is set, forwards or backwards; only where one jumps.
        draw: A number in [0, 1) that picks one of several that fit.
    """

    kind: Kind
    target: str
    hold: timedelta
    jump: timedelta = timedelta()
    draw: float = 0.0

    @property
    def label(self) -> str:
        """What it is counted under."""
        return f"{self.target} {self.kind}" if self.ground is Ground.PROCESS else str(self.kind)

    @property
    def ground(self) -> Ground:
        """What it stands on."""
        if self.kind in {Kind.KILLED, Kind.STOPPED, Kind.CLOCK_JUMPED}:
            return Ground.PROCESS
        if self.kind is Kind.CACHE_KILLED:
            return Ground.CACHE
        named = {"broker": Ground.BROKER, "replica": Ground.REPLICA}
        return named.get(self.kind.value.partition(" ")[0], Ground.DATABASE)


@dataclass(frozen=True, slots=True)
class Blow:
    """What strikes at one moment: mostly one fault, now and then several.

    Attributes:
        strikes: At least one, each on ground of its own.
        phase: How long after the crowd has come it strikes, so that it meets every stage of the work.
    """

    strikes: tuple[Strike, ...]
    phase: timedelta

    @property
    def label(self) -> str:
        """What its recovery is counted under: that of its fault, or `several at once`."""
        return self.strikes[0].label if len(self.strikes) == 1 else "several at once"

    @property
    def hold(self) -> timedelta:
        """How long it lasts."""
        return max(strike.hold for strike in self.strikes)

    def __str__(self) -> str:
        """Say what happens."""
        return " + ".join(_told(strike) for strike in self.strikes)


@dataclass(frozen=True, slots=True)
class Weather:
    """How rough it gets.

    Attributes:
        faults: So many faults strike.
        longest_jump: How far a clock is set at most.
        together: Chance that a fault strikes together with the one before it, where both stand on different ground.
        at_once: So many strike together at most.
        pace: How long faults last, against their usual length; what is to outlive a lease keeps its own.
    """

    faults: int
    longest_jump: timedelta = timedelta(seconds=60)
    together: float = 0.2
    at_once: int = 2
    pace: float = 1.0


def draw_schedule(seed: int, weather: Weather) -> tuple[Blow, ...]:
    """Return faults in the order in which they strike; the same arguments give the same ones.

    The first of them are one of each kind; from there on every target of every kind comes up equally often.

    Args:
        seed: What chance is drawn from.
        weather: How rough it gets.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    cards = _cards(chance)
    strikes = [_strike(*next(cards), chance, weather) for _ in range(weather.faults)]
    return tuple(_blows(strikes, chance, weather))


def _cards(chance: random.Random) -> Iterator[tuple[Kind, str]]:
    first = [(kind, chance.choice(targets)) for kind, targets in TARGETS.items()]
    deck = [(kind, target) for kind, targets in TARGETS.items() for target in targets]
    while True:
        chance.shuffle(first)
        yield from first
        first = list(deck)


def _strike(kind: Kind, target: str, chance: random.Random, weather: Weather) -> Strike:
    hold = timedelta(seconds=round(_hold(kind, chance) * (1 if kind is Kind.STOPPED else weather.pace), 3))
    jump = timedelta(seconds=round(weather.longest_jump.total_seconds() * chance.uniform(-1, 1), 3))
    return Strike(kind, target, hold, jump if kind is Kind.CLOCK_JUMPED else timedelta(), chance.random())


def _hold(kind: Kind, chance: random.Random) -> float:
    """Return a number of seconds: short for most, now and then longer than a lease."""
    match kind:
        case Kind.KILLED | Kind.DATABASE_CUT | Kind.BROKER_CUT:
            return chance.uniform(0, 0.5)  # what a supervisor waits; a cut is over at once
        case Kind.STOPPED:
            return chance.choice((chance.uniform(0.2, 2), chance.uniform(5.5, 7)))  # the second outlives a lease of 5 s
        case Kind.SNAPSHOT_HELD:
            return chance.uniform(2, 8)
        case _:
            return chance.uniform(0.3, 3)


def _blows(strikes: Sequence[Strike], chance: random.Random, weather: Weather) -> Iterator[Blow]:
    left = list(strikes)
    while left:
        struck = [left.pop(0)]
        while _have_room(struck, left, weather) and chance.random() < weather.together:
            struck.append(left.pop(0))
        yield Blow(tuple(struck), timedelta(seconds=round(chance.uniform(0, 0.8), 3)))


def _have_room(struck: Sequence[Strike], left: Sequence[Strike], weather: Weather) -> bool:
    return bool(left) and len(struck) < weather.at_once and all(_may_meet(each, left[0]) for each in struck)


def _may_meet(one: Strike, other: Strike) -> bool:
    # A node that is killed strikes alone, because how long deliveries stand still then is a promise of its own.
    return one.ground is not other.ground and Kind.NODE_KILLED not in {one.kind, other.kind}


def _told(strike: Strike) -> str:
    jump = f" by {strike.jump.total_seconds():+.1f} s" if strike.jump else ""
    node = f" ({strike.target})" if strike.target in _NODES else ""
    return f"{strike.label}{node}{jump} for {strike.hold.total_seconds():.1f} s"
