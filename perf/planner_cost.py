"""Does planning a day cost what is due, or what is known? The same 2,700 due among ever more users."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from natalis.clocks.virtual import VirtualClock
from natalis.stores.sqlite import open_store
from perf.crowd import Crowd, settle
from perf.figures import Figure
from perf.planning import seconds_to_plan
from perf.targets import at_most

DUE = 2_700
DAYS = tuple(date(2026, 6, 3) + timedelta(days=7 * week) for week in range(3))
SETTLED = datetime(2026, 6, 1, tzinfo=UTC)


def run(*, quick: bool) -> list[Figure]:
    """Plan the same days in stores of different sizes, one size after the other on each day."""
    sizes = (10_000, 20_000, 40_000) if quick else (10_000, 100_000, 1_000_000)
    with tempfile.TemporaryDirectory(prefix="natalis-perf-") as folder:
        return asyncio.run(_measure(Path(folder), sizes))


async def _measure(folder: Path, sizes: tuple[int, ...]) -> list[Figure]:
    stores = {size: await open_store(folder / f"{size}.db") for size in sizes}
    took: dict[int, list[float]] = {size: [] for size in sizes}
    try:
        for size, store in stores.items():
            await settle(store, VirtualClock(SETTLED), Crowd(size, dict.fromkeys(DAYS, DUE)))
        for day in DAYS:
            for size, store in stores.items():
                took[size].append(await seconds_to_plan(store, day))
    finally:
        for store in stores.values():
            await store.connection.close()
    figures = [Figure(f"{DUE:,} due planned among {size:,} users", median(took[size]) * 1000, "ms") for size in sizes]
    smallest, middle, largest = sizes[0], sizes[-2], sizes[-1]
    return [
        *figures,
        Figure(
            f"{largest:,} users against {middle:,}",
            _ratio(took[largest], took[middle]),
            "times",
            at_most(1.3, stretch=1.1),
        ),
        Figure(f"{largest:,} users against {smallest:,}", _ratio(took[largest], took[smallest]), "times"),
    ]


def _ratio(those: list[float], these: list[float]) -> float:
    """Return the median ratio of the same days; they were planned one right after the other."""
    return median(one / other for one, other in zip(those, these, strict=True))
