"""A process that counts into a folder, says so, and waits to be killed; takes the folder and a kind of work."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from plimsoll.instrument.registry import Mode, Registry

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def say(word: str) -> None:
    """Say a word in a line of its own, whoever else speaks."""
    os.write(sys.stdout.fileno(), f"{word}\n".encode())


def count_orders(registry: Registry) -> None:
    """Count five orders and a wait."""
    registry.counter("orders_total", "Orders.", "shop").at("north").inc(5)
    registry.histogram("wait_seconds", "Waits.", buckets=(0.1, 1.0)).at().observe(0.5, TRACE)


def be_busy(registry: Registry) -> None:
    """Set a gauge of each mode."""
    registry.gauge("busy", "Busy.").at().set(3)
    registry.gauge("most", "Most.", mode=Mode.MAX).at().set(os.getpid())
    registry.gauge("least", "Least.", mode=Mode.MIN).at().set(os.getpid())
    registry.gauge("mean", "Mean.", mode=Mode.MEAN).at().set(2)
    registry.gauge("each", "Each.", mode=Mode.EACH).at().set(1)
    registry.gauge("newest", "Newest.", mode=Mode.LATEST).at().set(os.getpid())


def fork(registry: Registry) -> None:
    """Count, and have a child count on."""
    orders = registry.counter("orders_total", "Orders.", "shop").at("north")
    busy, version = registry.gauge("busy", "Busy.").at(), registry.gauge("version", "V.", mode=Mode.MAX).at()
    orders.inc(2)
    busy.inc(10)
    version.set(7)
    if os.fork() == 0:
        orders.inc(5)
        busy.inc()
        say(str(os.getpid()))
        sys.stdin.read()


if __name__ == "__main__":
    {"count_orders": count_orders, "be_busy": be_busy, "fork": fork}[sys.argv[2]](Registry(Path(sys.argv[1])))
    say("done")
    sys.stdin.read()
