"""What a line of log for a request costs: `python perf/request_lines.py` prints microseconds.

The median of many rounds, less what the same application takes without lines; they go to /dev/null as JSON.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from plimsoll.instrument.logs import log_to
from plimsoll.instrument.requests.asgi import Application, Scope, Send
from plimsoll.instrument.requests.ids import RequestIds
from plimsoll.instrument.requests.lines import LOGGER, LineOptions, LoggedApplication, RequestLines

ROUNDS, MANY = 15, 5_000
HEADERS: Final = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    (b"accept", b"*/*"),
]


async def answer(scope: Scope, _: Any, send: Send) -> None:
    """Answer as one whose route is known."""
    scope["path_template"], scope["path_params"] = "/v1/price/{article}", {"article": "tea"}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def microseconds(app: Application) -> float:
    """Return how long a request takes."""
    began = time.perf_counter()
    for _ in range(MANY):
        where = {"path": "/v1/price/tea", "headers": HEADERS, "client": ("127.0.0.1", 5)}
        await app({"type": "http", "method": "GET", **where}, _nothing, _nobody)
    return (time.perf_counter() - began) / MANY * 1e6


async def measure() -> dict[str, float]:
    """Return microseconds for a request that has a line, and for one that has none where others have."""
    bare = RequestIds(answer)
    levels = {"with a line": logging.INFO, "without one, at `warning`": logging.WARNING}
    apps = {
        name: RequestIds(LoggedApplication(answer, RequestLines(LineOptions(level)))) for name, level in levels.items()
    }
    rounds = []
    for _ in range(ROUNDS):
        base = await microseconds(bare)
        rounds.append({name: await microseconds(app) - base for name, app in apps.items()})
    return {name: median(each[name] for each in rounds) for name in apps}


async def _nothing() -> dict[str, Any]:
    return {}


async def _nobody(_: Any) -> None:
    pass


def main() -> None:
    """Print what was measured."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        log_to(nowhere, service="shop", as_json=True, loggers=(LOGGER,))
        for name, cost in asyncio.run(measure()).items():
            print(f"a request {name}: {cost:.1f} us")


if __name__ == "__main__":
    main()
