"""Three nodes: what the loss of one costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from natalis.clocks.system import SystemClock
from natalis.testing.servers.rabbitmq_cluster import ClusterVirtualHost, RabbitMQCluster
from natalis.transports.rabbitmq import RabbitMQTransport

pytestmark = [pytest.mark.network, pytest.mark.slow]

COUNT = 20_000
MOMENT = timedelta(milliseconds=50)
QUEUE = "birthday-messages"
Connect = Callable[..., RabbitMQTransport]
Act = Callable[[], object]


@pytest.fixture(scope="module")
def attentive_cluster() -> Iterator[RabbitMQCluster]:
    """A cluster that misses a node which hangs after some ten seconds; by itself it takes more than a minute."""
    with RabbitMQCluster(settings={"net_ticktime": "8"}) as cluster:
        yield cluster


async def settled(vhost: ClusterVirtualHost, connect: Connect) -> tuple[Any, list[str]]:
    """Declare the queues and have them on disk; return the node that leads and all addresses, its own first."""
    await connect(*vhost.urls).depth()
    for node in vhost.cluster.nodes:
        await asyncio.to_thread(node.settle)
    leader = await asyncio.to_thread(vhost.leader_of, QUEUE)
    return leader, sorted(vhost.urls, key=lambda url: f":{leader.port}/" not in url)


async def survive(mishap: Act, addresses: list[str], connect: Connect, moving: Any) -> str:
    """Let it happen under traffic, of which a part goes through that node; return what it cost, in words."""
    receivers = [connect(*addresses), connect(*reversed(addresses))]

    await moving.run(connect(*addresses), receivers, at=COUNT // 4, mishap=lambda: asyncio.to_thread(mishap))

    assert set(moving.received) == set(moving.keys)
    twice = sum(count > 1 for count in moving.received.values())
    stall, refusals = moving.stall.total_seconds(), moving.refusals
    return f"stall {stall:.1f} s, {refusals} publications repeated, {twice} of {COUNT} keys came twice"


async def test_nothing_is_lost_when_the_node_that_leads_the_queue_is_killed(
    rabbitmq_cluster: ClusterVirtualHost, connect: Connect, traffic: Callable[[int], Any]
) -> None:
    leader, addresses = await settled(rabbitmq_cluster, connect)
    cost = await survive(leader.kill, addresses, connect, traffic(COUNT))
    print(f"\nthe leader is killed: {cost}")  # noqa: T201 - a figure of the run


async def test_nothing_is_lost_when_the_node_that_leads_the_queue_hangs(
    attentive_cluster: RabbitMQCluster, connect: Connect, traffic: Callable[[int], Any]
) -> None:
    leader, addresses = await settled(attentive_cluster.create_vhost(), connect)
    cost = await survive(leader.pause, addresses, connect, traffic(COUNT))
    print(f"\nthe leader hangs: {cost}")  # noqa: T201 - a figure of the run


async def test_a_node_that_is_gone_is_not_noticed_by_who_asks_for_the_depth(
    rabbitmq_cluster: ClusterVirtualHost, connect: Connect, keys: Callable[[int], Any]
) -> None:
    leader, addresses = await settled(rabbitmq_cluster, connect)
    transport = connect(*addresses)
    await transport.publish(keys(7))
    assert await transport.depth() == 7

    await asyncio.to_thread(leader.kill)

    clock = SystemClock()
    async with asyncio.timeout(15):
        while await transport.depth() != 7:  # while the others elect a leader the broker says that nothing waits
            await clock.sleep(MOMENT)
