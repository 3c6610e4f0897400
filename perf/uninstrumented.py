"""`natalis` without metrics and logs of requests, for what they cost: `python perf/uninstrumented.py api`.

Natalis has no such switch. What counts and logs is replaced by what does nothing, where it is put in.
"""

from __future__ import annotations

from typing import Any

import natalis.runtime.front_doors
import natalis.runtime.up
from natalis.cli import main
from natalis.telemetry.metrics import Metrics
from plimsoll.instrument.caches import CacheMetrics
from plimsoll.instrument.requests.asgi import RequestWatch


class _NoLag:
    def __init__(self, registry: object) -> None:
        """Watch nothing."""

    def start(self) -> None:
        """Watch nothing."""

    def stop(self) -> None:
        """Watch nothing."""


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


def _itself(what: Any, *_: Any, **__: Any) -> Any:
    return what


def take_out() -> None:
    """Replace what counts and logs."""
    for module, name, instead in (
        (RequestWatch, "begin", _nothing),
        (RequestWatch, "end", _nothing),
        (natalis.runtime.front_doors, "LoopLag", _NoLag),
        (natalis.runtime.up, "metered", _itself),
        (natalis.runtime.up, "watch_process", _nothing),
        (CacheMetrics, "heard", None),
        (Metrics, "heard_redis", _nothing),
        (Metrics, "record", _nothing),
    ):
        if not hasattr(module, name):
            raise SystemExit(f"{module.__name__} has no {name}: bring perf/uninstrumented.py up to date")
        setattr(module, name, instead)


if __name__ == "__main__":
    take_out()
    main()
