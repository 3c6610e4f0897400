"""Every part in turn, each while the others rest; and the slowest of them, by what a fleet needs of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from perf.figures import Figure
from perf.limits import client, database, queue
from perf.peers.stage import Stage

_COUNTED = frozenset({database.IN_BATCHES.format(1000), queue.PUBLISHED, queue.CONSUMED, client.CALLS})


def measure(stage: Stage, *, quick: bool) -> list[Figure]:
    """Return every limit, measured once."""
    with stage.cleared() as (rows, vhost):
        return [
            *database.measure(rows, quick=quick),
            *queue.measure(vhost.url, quick=quick),
            *client.measure(stage.provider.url, quick=quick),
        ]


def medians(rounds: Sequence[Iterable[Figure]]) -> list[Figure]:
    """Return the median of each limit over rounds of the same ones."""
    return [
        Figure(each[0].name, median(figure.value for figure in each), each[0].unit)
        for each in zip(*rounds, strict=True)
    ]


def slowest(limits: Iterable[Figure]) -> Figure | None:
    """Return the limit that stands nearest, of those that a fleet cannot do without; None when none of them is there.

    Rows and keys that go one by one are no limit to what goes in batches; bare messages are, as the specification has
    it (section 6.2).
    """
    return min((each for each in limits if each.name in _COUNTED), key=lambda each: each.value, default=None)
