"""The page about logs, traces and errors of a service: its examples run as they are written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plimsoll" / "logs-traces-errors.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
ASKED = """
import asyncio
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from plimsoll.instrument import instrument

shop = Starlette(routes=[Route("/v1/price/{article}", lambda _: Response())])
app = instrument(shop, service="shop", environment={"LOG_FORMAT": "json", "LOG_REQUESTS": "1"})

async def ask():
    async with AsyncClient(transport=ASGITransport(app, client=("203.0.113.7", 1)), base_url="http://shop") as client:
        await client.get("/v1/price/tea", headers={"User-Agent": "curl/8.5.0"})

asyncio.run(ask())
"""
LINES = re.findall(r"```json\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_has_examples() -> None:
    assert (len(EXAMPLES), len(LINES)) == (3, 2)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example: str) -> None:
    subprocess.run([sys.executable, "-c", example], check=True, timeout=60)


def test_the_line_that_is_shown_is_the_one_that_is_printed() -> None:
    ran = subprocess.run([sys.executable, "-c", EXAMPLES[0]], check=True, timeout=60, capture_output=True, text=True)

    printed, shown = json.loads(ran.stdout), json.loads(LINES[0])
    assert printed | {"@timestamp": shown["@timestamp"]} == shown


def test_the_line_of_a_request_that_is_shown_is_the_one_that_is_printed() -> None:
    ran = subprocess.run([sys.executable, "-c", ASKED], check=True, timeout=60, capture_output=True, text=True)

    printed = [line for line in map(json.loads, ran.stderr.splitlines()) if line["log.logger"] == "plimsoll.requests"]
    shown = json.loads(LINES[1])
    own = {name: shown[name] for name in ("@timestamp", "http.request.id", "event.duration")}
    assert [list((line | own).items()) for line in printed] == [list(shown.items())]
