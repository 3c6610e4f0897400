"""What the process costs, as `service_cost_dollars_total{resource}`: its use of three resources times their prices.

An estimate that has the right shape, not a bill. The processor is billed by the second that this process had it, memory
by what it held whenever it was looked at, and the instance by the second that the process lived. It knows nothing of
what a machine costs while it idles, of discounts, traffic, disks, databases and brokers, and nothing of other processes
on the same machine: where several share an instance, each is given its part of the price.
"""

from __future__ import annotations

import difflib
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Final

from plimsoll.instrument.registry import Registry

CPU: Final = "cpu"
MEMORY: Final = "memory"
INSTANCE: Final = "instance"
_HOUR: Final = 3_600.0
_GIGABYTE: Final = 1e9
_STATM: Final = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Prices:
    """What resources cost, in dollars.

    Attributes:
        cpu_second: A second of one processor.
        gb_hour: 10^9 bytes of memory for an hour.
        instance_hour: The machine or container for an hour, or this process's part of it.
    """

    cpu_second: float = 0.0
    gb_hour: float = 0.0
    instance_hour: float = 0.0

    @property
    def written(self) -> str:
        """The text that `read_prices` reads."""
        return ", ".join(f"{each.name}={price!r}" for each in fields(self) if (price := getattr(self, each.name)))


def read_prices(text: str) -> Prices | None:
    """Read prices such as `cpu_second=0.0000112, gb_hour=0.0045`; those left out are nothing, and nothing is None.

    Raises:
        ValueError: It does not say prices; the error says what would be right.
    """
    known = [each.name for each in fields(Prices)]
    found: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, price = (each.strip() for each in part.partition("="))
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1) or [", ".join(known)]
            raise ValueError(f"{name} has no price; write {near[0]}")
        found[name] = _price(name, price)
    return Prices(**found) if any(found.values()) else None


@dataclass(frozen=True, slots=True)
class Usage:
    """What the process has used up to a moment.

    Attributes:
        cpu: Seconds of processors, since the process began.
        memory: Bytes held at that moment.
        at: Seconds, by a clock that only goes on.
    """

    cpu: float
    memory: float
    at: float


def usage_of_process() -> Usage:
    """Return what this process uses now."""
    return Usage(time.process_time(), _resident_bytes(), time.monotonic())


class Cost:
    """Adds up what the process costs; nothing is added to its work, for it is asked when it is scraped.

    Args:
        registry: Where the counter lives.
        prices: What resources cost; a resource without a price is not told of.
        usage: Tells what is used.
    """

    __slots__ = ("_began", "_gigabyte_hours", "_prices", "_usage", "_used")

    def __init__(self, registry: Registry, prices: Prices, usage: Callable[[], Usage] = usage_of_process) -> None:
        self._prices = prices
        self._usage = usage
        self._used = usage()
        self._began = self._used.at
        self._gigabyte_hours = 0.0
        dollars = registry.counter(
            "service_cost_dollars_total",
            "What the process cost since its start, by its use and the prices.",
            "resource",
        )
        for price, name, cost in (
            (prices.cpu_second, CPU, self._of_cpu),
            (prices.gb_hour, MEMORY, self._of_memory),
            (prices.instance_hour, INSTANCE, self._of_instance),
        ):
            if price:
                dollars.at(name).set_function(cost)

    def _of_cpu(self) -> float:
        # All of it, loading included; and a process that was forked has a clock of its own, which began with it.
        return self._usage().cpu * self._prices.cpu_second

    def _of_instance(self) -> float:
        return (self._usage().at - self._began) / _HOUR * self._prices.instance_hour

    def _of_memory(self) -> float:
        """Take memory between two looks for what it was on average of both."""
        before, now = self._used, self._usage()
        held = (before.memory + now.memory) / 2 / _GIGABYTE
        self._gigabyte_hours += held * (now.at - before.at) / _HOUR
        self._used = now
        return self._gigabyte_hours * self._prices.gb_hour


def _price(name: str, text: str) -> float:
    try:
        price = float(text)
    except ValueError:
        price = -1.0
    if not isfinite(price) or price < 0:
        raise ValueError(f"{name} is a price in dollars, such as 0.0000112")
    return price


def _resident_bytes() -> float:
    """Return what is held now; where only the most is known, that."""
    try:
        return float(_STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(most if sys.platform == "darwin" else most * 1024)
