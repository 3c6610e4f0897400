"""Promise: somebody else's long transaction does not bring deliveries to a stand.

How fast a herd goes out with and without one is printed; `make chaos` measures it with a larger herd.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from natalis.testing.chaos.throughput import drain
from natalis.testing.postgres_stores import NewDatabase
from natalis.testing.servers.rabbitmq import RabbitMQ

PEOPLE = 8_000
LEAST = 0.25  # of the rate without: far below what is measured, far above the few percent of a queue that decays


@pytest.mark.network
@pytest.mark.slow
async def test_a_herd_goes_out_while_somebody_holds_a_snapshot(
    new_postgres_database: NewDatabase, rabbitmq_server: RabbitMQ, tmp_path: Path, say: Callable[[str], None]
) -> None:
    rabbitmq_server.revive()
    without, held = [
        await drain(new_postgres_database(), rabbitmq_server.create_vhost(), PEOPLE, tmp_path, held=is_held)
        for is_held in (False, True)
    ]
    say(f"{without.rate:.0f}/s without, {held.rate:.0f}/s while a snapshot is held: {held.rate / without.rate:.2f}")
    assert held.deliveries == without.deliveries == PEOPLE
    assert held.rate > LEAST * without.rate
