"""The metrics that flows bring: `orders = Counter("orders")` heads the file, `orders.add(session, 1)` is in a flow."""

from __future__ import annotations

import re
from time import perf_counter_ns
from typing import TYPE_CHECKING, Final

from plimsoll.errors import InvalidInput
from plimsoll.measure import tallies
from plimsoll.measure.names import BUILT_IN
from plimsoll.measure.recording import Contains, Kind, Metric, Tags

if TYPE_CHECKING:
    from plimsoll.load.session import Session

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")  # k6's rule


class _Custom:
    """A metric of a flow's own.

    Args:
        name: Letters, digits and underscores.
        kind: How its values add up.
        contains: What they are.

    Raises:
        InvalidInput: The name is none, or that of a built-in metric.
    """

    __slots__ = ("metric",)

    def __init__(self, name: str, kind: Kind, contains: Contains = Contains.DEFAULT) -> None:
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"metric {name!r}", "it is no name of a metric", "use letters, digits and underscores")
        if name in BUILT_IN:
            raise InvalidInput(f"metric {name}", "it is a built-in metric", "give yours another name")
        self.metric = Metric(name, kind, contains)

    def _tally(self, session: Session, tags: dict[str, str]) -> tallies.Tally:
        return session.scope.metric(self.metric, tags_of(tags))


class Counter(_Custom):
    """A sum: `orders = Counter("orders")`.

    Args:
        name: Of the metric.
        data: Whether it counts bytes.
    """

    def __init__(self, name: str, *, data: bool = False) -> None:
        super().__init__(name, Kind.COUNTER, Contains.DATA if data else Contains.DEFAULT)

    def add(self, session: Session, value: float = 1, **tags: str) -> None:
        """Add to it."""
        tally = self._tally(session, tags)
        if isinstance(tally, tallies.Counter):
            tally.add(value)


class Gauge(_Custom):
    """A value that comes and goes: the last, the smallest and the largest are kept.

    Args:
        name: Of the metric.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, Kind.GAUGE)

    def set(self, session: Session, value: float, **tags: str) -> None:
        """Set it."""
        tally = self._tally(session, tags)
        if isinstance(tally, tallies.Gauge):
            tally.set(value, perf_counter_ns())


class Rate(_Custom):
    """How many of all were so.

    Args:
        name: Of the metric.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, Kind.RATE)

    def add(self, session: Session, hit: object, **tags: str) -> None:
        """Count one; it was so where `hit` is true."""
        tally = self._tally(session, tags)
        if isinstance(tally, tallies.Rate):
            tally.add(hit=bool(hit))


class Trend(_Custom):
    """How values are distributed.

    Args:
        name: Of the metric.
        time: Whether they are milliseconds.
    """

    def __init__(self, name: str, *, time: bool = False) -> None:
        super().__init__(name, Kind.TREND, Contains.TIME if time else Contains.DEFAULT)

    def add(self, session: Session, value: float, **tags: str) -> None:
        """Count a value."""
        tally = self._tally(session, tags)
        if isinstance(tally, tallies.Trend):
            tally.add(value)


def tags_of(named: dict[str, str] | None) -> Tags:
    """Return tags in their order; values that are no text are made text."""
    return tuple(sorted((key, str(value)) for key, value in named.items())) if named else ()
