"""RabbitMQ as tests are given it: one node, and three."""

from __future__ import annotations

import socket
from contextlib import closing
from datetime import timedelta

import pika
import pika.exceptions
import pytest

from natalis.testing.servers.programs import ProgramFailed
from natalis.testing.servers.rabbitmq import RabbitMQ, VirtualHost
from natalis.testing.servers.rabbitmq_cluster import ClusterVirtualHost
from natalis.testing.servers.server import wait_until

pytestmark = pytest.mark.network

_QUEUE = "birthdays"
_QUORUM = {"x-queue-type": "quorum"}
_SOON = timedelta(seconds=60)


def _publish(url: str, text: str) -> None:
    """Confirmed by the broker."""
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare(_QUEUE, durable=True, arguments=_QUORUM)
        channel.basic_publish("", _QUEUE, text.encode(), mandatory=True)


def _take(url: str) -> str:
    """Take the next message; raises `AssertionError` when there is none."""
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        channel = connection.channel()
        method, _, body = channel.basic_get(_QUEUE)
        assert method is not None
        channel.basic_ack(method.delivery_tag)
        return bytes(body).decode()


def _taken(url: str, text: str) -> bool:
    """Whether that message could be taken; false while its queue has no leader."""
    try:
        return _take(url) == text
    except pika.exceptions.AMQPError:
        return False


def test_a_message_goes_through_a_quorum_queue(rabbitmq: VirtualHost) -> None:
    _publish(rabbitmq.url, "Ada")
    assert _take(rabbitmq.url) == "Ada"


@pytest.mark.parametrize("turn", [1, 2])
def test_no_queue_is_left_for_the_next_test(rabbitmq: VirtualHost, turn: int) -> None:
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="NOT_FOUND"):
        _take(rabbitmq.url)
    _publish(rabbitmq.url, str(turn))


def test_a_confirmed_message_survives_a_kill(rabbitmq: VirtualHost) -> None:
    _publish(rabbitmq.url, "Ada")
    rabbitmq.server.settle()
    rabbitmq.server.restart()
    assert wait_until(lambda: _taken(rabbitmq.url, "Ada"), _SOON)


def test_a_stopped_node_refuses_and_comes_back_on_its_port(rabbitmq: VirtualHost) -> None:
    rabbitmq.server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", rabbitmq.server.port), timeout=2)
    rabbitmq.server.start()
    _publish(rabbitmq.url, "Ada")


def test_a_paused_node_does_not_answer_until_it_is_resumed(rabbitmq: VirtualHost) -> None:
    rabbitmq.server.pause()
    with socket.create_connection(("127.0.0.1", rabbitmq.server.port), timeout=2) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        with pytest.raises(TimeoutError):
            connection.recv(1)
        rabbitmq.server.resume()
        connection.settimeout(60)
        assert connection.recv(1) == b"\x01"


def test_the_broker_can_be_told_to_close_every_connection(rabbitmq: VirtualHost) -> None:
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as connection:
        rabbitmq.server.close_connections()
        with pytest.raises(pika.exceptions.ConnectionClosedByBroker, match="CONNECTION_FORCED"):
            connection.process_data_events(time_limit=30)


def test_nodes_of_different_servers_do_not_know_one_another(rabbitmq: VirtualHost) -> None:
    with RabbitMQ() as other:
        assert other.evaluate(f"net_adm:ping('{rabbitmq.server.node}').") == "pang"
        assert rabbitmq.server.evaluate("length(nodes()).") == "0"


def test_an_expression_is_refused_by_a_node_that_is_down(rabbitmq: VirtualHost) -> None:
    rabbitmq.server.kill()
    with pytest.raises(ProgramFailed):
        rabbitmq.server.evaluate("1 + 1.")


def test_a_quorum_queue_of_a_cluster_is_on_all_three_nodes(rabbitmq_cluster: ClusterVirtualHost) -> None:
    first, second, third = rabbitmq_cluster.urls
    _publish(first, "Ada")
    _publish(second, "Grace")
    assert [_take(third), _take(first)] == ["Ada", "Grace"]
    assert rabbitmq_cluster.server.evaluate("length(rabbit_mnesia:cluster_nodes(running)).") == "3"


def test_what_a_cluster_confirmed_survives_the_loss_of_the_leader(rabbitmq_cluster: ClusterVirtualHost) -> None:
    _publish(rabbitmq_cluster.url, "Ada")
    leader = rabbitmq_cluster.leader_of(_QUEUE)
    leader.kill()
    url = next(node.url(rabbitmq_cluster.name) for node in rabbitmq_cluster.cluster.nodes if node.is_running)
    assert wait_until(lambda: _taken(url, "Ada"), _SOON)
    assert rabbitmq_cluster.leader_of(_QUEUE) is not leader


def test_a_node_that_was_away_comes_back_into_the_cluster(rabbitmq_cluster: ClusterVirtualHost) -> None:
    _publish(rabbitmq_cluster.url, "Ada")
    node = rabbitmq_cluster.cluster.nodes[2]
    node.kill()
    _publish(rabbitmq_cluster.url, "Grace")
    rabbitmq_cluster.cluster.revive()
    url = node.url(rabbitmq_cluster.name)
    assert wait_until(lambda: _taken(url, "Ada"), _SOON)
    assert wait_until(lambda: _taken(url, "Grace"), _SOON)


def test_what_a_cluster_confirmed_survives_the_kill_of_all_its_nodes(rabbitmq_cluster: ClusterVirtualHost) -> None:
    _publish(rabbitmq_cluster.url, "Ada")
    rabbitmq_cluster.cluster.settle()
    rabbitmq_cluster.cluster.restart()
    assert wait_until(lambda: _taken(rabbitmq_cluster.url, "Ada"), _SOON)
