"""RabbitMQ: a cluster of three nodes, each of which can be killed and brought back by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

from natalis.testing.servers.programs import ProgramFailed
from natalis.testing.servers.rabbitmq import Neighbourhood, RabbitMQ, VirtualHost
from natalis.testing.servers.server import ServerFailed, wait_until

_PATIENCE = timedelta(seconds=20)  # from the first answer of a node until all know of it
# A node that was paused until the others gave it up (a minute) often does not find back by itself (3.10), whatever
# `cluster_partition_handling` says: its operator would restart it, and so do we.
_GIVEN_UP = timedelta(seconds=40)
_SETTINGS: Mapping[str, str] = {"cluster_partition_handling": "pause_minority"}
# The first is 4.x's, the second 3.x's.
_RUNNING = """case erlang:function_exported(rabbit_nodes, list_running, 0) of
    true -> length(rabbit_nodes:list_running());
    false -> length(rabbit_mnesia:cluster_nodes(running))
end."""


class RabbitMQCluster:
    """RabbitMQ nodes in one cluster, started side by side.

    Args:
        size: how many.
        settings: lines of rabbitmq.conf that go before ours.

    Attributes:
        nodes: to be killed, paused and restarted one by one. After all of them were down, start them with `revive`:
            one alone waits for the others.
    """

    def __init__(self, size: int = 3, *, settings: Mapping[str, str] | None = None) -> None:
        self._neighbourhood = Neighbourhood.new()
        told = {**_SETTINGS, **(settings or {})}
        seed = RabbitMQ(neighbourhood=self._neighbourhood, settings=told)
        others = (RabbitMQ(neighbourhood=self._neighbourhood, settings=told, seed=seed) for _ in range(size - 1))
        self.nodes: tuple[RabbitMQ, ...] = (seed, *others)
        self._is_formed = False

    def start(self) -> Self:
        """Start all and wait until each answers and knows that all the others run.

        Raises:
            ServerFailed: one did not; with the end of its log.
        """
        if not self._is_formed:
            # Alone: a node that joins while the first still switches its features on may be left without them (3.10).
            self.nodes[0].start()
        self._start_all()
        if not wait_until(self._is_whole, _PATIENCE):
            self._loneliest().kill()
            self._start_all()
        if not wait_until(self._is_whole, _PATIENCE):
            logs = "\n".join(f"{node.node}:\n{node.log_tail()}" for node in self.nodes)
            raise ServerFailed(f"the nodes do not all see {len(self.nodes)} running:\n{logs}")
        self._is_formed = True
        return self

    def revive(self) -> None:
        """See to it that all nodes run, answer and know one another, whatever a test has done to them."""
        for node in self.nodes:
            if node.paused_for < _GIVEN_UP:
                node.resume()
            else:
                node.kill()
        self.start()

    def kill(self) -> None:
        """Kill all nodes."""
        for node in self.nodes:
            node.kill()

    def restart(self) -> None:
        """Kill all nodes and start them again."""
        self.kill()
        self.start()

    def close(self) -> None:
        """Kill all nodes, remove their folders and let their ports go."""
        for node in self.nodes:
            node.close()
        self._neighbourhood.epmd.close()

    def create_vhost(self, name: str | None = None) -> ClusterVirtualHost:
        """Make a virtual host on all nodes (see `RabbitMQ.create_vhost`)."""
        made = self.nodes[0].create_vhost(name)
        return ClusterVirtualHost(made.server, made.name, tuple(node.url(made.name) for node in self.nodes), self)

    def newcomer(self) -> RabbitMQ:
        """Return a node, not started, that trusts the others and knows none of them; whoever asks for it closes it."""
        return RabbitMQ(neighbourhood=self._neighbourhood)

    def delete_vhost(self, name: str) -> None:
        """Remove a virtual host with its queues, and close its connections."""
        self.nodes[0].delete_vhost(name)

    def settle(self) -> None:
        """Have what was declared so far on disk on every node (see `RabbitMQ.settle`)."""
        for node in self.nodes:
            node.settle()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start_all(self) -> None:
        for node in self.nodes:
            if not node.is_running:
                node.launch()
        for node in self.nodes:
            node.await_ready()

    def _is_whole(self) -> bool:
        return all(_known(node) == len(self.nodes) for node in self.nodes)

    def _loneliest(self) -> RabbitMQ:
        return min(self.nodes, key=_known)


def _known(node: RabbitMQ) -> int:
    """How many running nodes this one knows of."""
    try:
        return int(node.evaluate(_RUNNING))
    except (ProgramFailed, ServerFailed):
        return 0


@dataclass(frozen=True, slots=True)
class ClusterVirtualHost(VirtualHost):
    """One virtual host of a cluster.

    Attributes:
        cluster: whose it is.
    """

    cluster: RabbitMQCluster

    def leader_of(self, queue: str) -> RabbitMQ:
        """The node where the queue's leader is.

        Raises:
            ServerFailed: there is no such queue, or none of the nodes answers.
        """
        ask = (
            f'{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{self.name}">>, queue, <<"{queue}">>)), '
            "{_, N} = amqqueue:get_pid(Q), N."
        )
        answering = next(node for node in self.cluster.nodes if node.is_running)
        leader = answering.evaluate(ask).strip("'")
        return next(node for node in self.cluster.nodes if node.node == leader)
