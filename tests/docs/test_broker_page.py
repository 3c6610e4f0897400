"""The page about replacing a node of RabbitMQ does what it says, on a real cluster with messages in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey
from natalis.domain.occasion import BIRTHDAY
from natalis.testing.pages import Shell, blocks_of, is_printed
from natalis.testing.servers.postgres import Postgres
from natalis.testing.servers.rabbitmq_cluster import RabbitMQCluster
from natalis.transports.rabbitmq import RabbitMQOptions, open_transport

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "replace-a-broker-node.md"
KEYS = [DeliveryKey(f"0190c3f2-7c41-7000-8000-{number:012}", BIRTHDAY, date(2026, 6, 1)) for number in range(30)]


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_dead_node_is_replaced_and_nothing_that_waits_is_lost(
    tmp_path: Path, shell_with_sudo: Callable[..., Shell]
) -> None:
    with ExitStack() as running:
        cluster = running.enter_context(RabbitMQCluster())
        postgres = running.enter_context(Postgres())
        new = cluster.newcomer()
        running.callback(new.close)
        nodes = dict(zip(("one", "two", "three", "four"), (*cluster.nodes, new), strict=True))
        places = {f"{name}:5672": f"127.0.0.1:{node.port}" for name, node in nodes.items()}
        names = {f"rabbit@{name}": node.node for name, node in nodes.items()}
        shell = shell_with_sudo(postgres, nodes["one"], names | places | {"'rabbit@'": "'@localhost'"})
        hosts = ",".join(places[f"{name}:5672"] for name in ("one", "two", "three"))
        queue = f"amqp://guest:guest@{hosts}/natalis"
        settings = f'database_url = "{postgres.create_database().url}"\nqueue_url = "{queue}"\n'
        (tmp_path / "natalis.toml").write_text(settings, encoding="utf-8")
        await published(cluster)
        nodes["three"].kill()
        new.start()

        await asyncio.to_thread(play, shell)

        assert f"127.0.0.1:{new.port}" in (tmp_path / "natalis.toml").read_text(encoding="utf-8")
        nodes["two"].kill()  # the new one and the first are a majority now
        assert await depth(new.url("natalis")) == len(KEYS)


async def published(cluster: RabbitMQCluster) -> None:
    """Let keys wait in a queue that has a part on each of the three nodes."""
    transport = await open_transport(RabbitMQOptions(cluster.create_vhost("natalis").urls), SystemClock())
    await transport.publish(KEYS)
    await transport.close()
    await asyncio.to_thread(cluster.settle)


async def depth(url: str) -> int:
    """Return how many keys wait, by the word of one node; while a leader is elected there seem to be none."""
    transport = await open_transport(RabbitMQOptions((url,)), SystemClock())
    async with asyncio.timeout(60):
        while (found := await transport.depth()) == 0:
            pass
    await transport.close()
    return found


def play(shell: Shell) -> None:
    """Type every block of the page, and compare what is printed with what it says."""
    blocks = blocks_of(PAGE)
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.language == "sh" and after is not None and after.language == "text":
            expected = shell.expected(after)
            printed = shell.run_until(block, expected) if block.title else shell.run(block)[1]
            assert is_printed(expected, printed), printed
        elif block.language == "sh":
            ended, printed = shell.run(block)
            assert ended == 0, printed
