"""The document against the running application: no 5xx, and no answer that is not documented."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from natalis.api.app import create_app
from natalis.api.options import ApiOptions
from natalis.api.server import serve
from natalis.clocks.system import SystemClock
from natalis.ports.store import Store
from natalis.ports.tokens import Scope
from natalis.testing.builders import an_arrival
from natalis.testing.http_api import services_over, started_api

HERE = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("listen", ["127.0.0.1", "10.0.0.1"])
async def test_schemathesis_finds_nothing_that_the_document_does_not_say(
    store: Store, listen: str, tmp_path: Path
) -> None:
    services = services_over(store, SystemClock())
    token = await services.tokens.create("schemathesis", Scope.ADMIN)
    await store.people.add([an_arrival() for _ in range(5)])
    running = await serve(create_app(services, ApiOptions(listen=listen)), host="127.0.0.1", port=0)

    run = await asyncio.create_subprocess_exec(
        str(SCHEMATHESIS),
        *("--config-file", str(HERE / "schemathesis.toml"), "run", f"{running.url}/openapi.json"),
        *("--header", f"Authorization: Bearer {token.secret}"),
        *("--checks", "all", "--mode", "all", "--phases", "examples,coverage,fuzzing,stateful", "--no-color"),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "schemathesis_hooks"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await run.communicate()
    await running.stop()

    assert run.returncode == 0, said.decode()


@pytest.mark.parametrize(
    ("listen", "security"), [("127.0.0.1", [{"token": ["read"]}, {}]), ("10.0.0.1", [{"token": ["read"]}])]
)
async def test_the_document_asks_for_a_token_where_one_is_needed(
    store: Store, listen: str, security: list[dict[str, list[str]]]
) -> None:
    async with started_api(store, listen=listen) as api:
        document = (await api.client.get("/openapi.json")).json()

    assert document["paths"]["/user"]["get"]["security"] == security
