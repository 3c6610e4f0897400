"""RabbitMQ: every node that QUEUE_URL names, and the queues on them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from natalis.errors import TransportUnavailable
from natalis.runtime.checkup.finding import Finding, State, ill, warning, well
from natalis.transports.rabbitmq import RabbitMQOptions, read_addresses
from natalis.transports.rabbitmq.inspecting import NodeInspection, QueueFound, inspect

OLDEST = (3, 10)
_REMEDIES = (
    (
        "ACCESS_REFUSED - Login",
        "mend user and password in QUEUE_URL; `guest` may come from the broker's own machine alone",
    ),
    ("NOT_ALLOWED", "make the virtual host and let the user into it: rabbitmqctl add_vhost, set_permissions"),
    ("ACCESS_REFUSED", "give the user the rights to configure, write and read: rabbitmqctl set_permissions"),
    (
        "PRECONDITION_FAILED",
        "let it run empty, delete it (rabbitmqctl delete_queue), and the next start declares it anew",
    ),
)
_UNREACHABLE = "see that the node runs and that its port can be reached from here"


async def check_queue(url: str) -> Sequence[Finding]:
    """Look at every node at once; then, where one answers, at the queues."""
    options = RabbitMQOptions(read_addresses(url), name="natalis doctor")
    found = await asyncio.gather(*(_inspected(options, address) for address in options.addresses))
    return judge(found)


def judge(found: Sequence[NodeInspection | TransportUnavailable]) -> Sequence[Finding]:
    """Say of every node how it is, and of the queues, as the first node that answers tells of them."""
    answering = [node for node in found if isinstance(node, NodeInspection)]
    missing = State.WARNING if answering else State.ILL  # any node will do
    nodes = [_node(each) if isinstance(each, NodeInspection) else _unreached(each, missing) for each in found]
    return [*nodes, *([_queue(answering[0].queue), _dead_letters(answering[0].dead_letters)] if answering else [])]


async def _inspected(options: RabbitMQOptions, address: str) -> NodeInspection | TransportUnavailable:
    try:
        return await inspect(options, address)
    except TransportUnavailable as error:
        return error


def _node(node: NodeInspection) -> Finding:
    detail = f"{node.place}, {node.product} {node.version}"
    if _version(node.version) < OLDEST:
        remedy = f"use RabbitMQ {OLDEST[0]}.{OLDEST[1]} or later: before, dead letters of a quorum queue could be lost"
        return ill("broker", detail, remedy)
    return well("broker", detail)


def _unreached(error: TransportUnavailable, state: State) -> Finding:
    return Finding("broker", state, str(error), _remedy(str(error), _UNREACHABLE))


def _queue(queue: QueueFound) -> Finding:
    if queue.fault or not queue.exists:
        return _unmade("queue", queue)
    detail = f"{queue.name}, a quorum queue: {queue.waiting} message(s) wait, {queue.consumers} receive(s)"
    if queue.waiting and not queue.consumers:
        return warning("queue", detail, "start a worker: `natalis worker`")
    return well("queue", detail)


def _dead_letters(queue: QueueFound) -> Finding:
    if queue.fault or not queue.exists:
        return _unmade("dead letters", queue)
    if queue.waiting:
        detail = f"{queue.waiting} message(s) in {queue.name} that could not be read or came back too often"
        remedy = "what they carried is dispatched again by itself; look at one for the cause, then purge the queue"
        return warning("dead letters", detail, remedy)
    return well("dead letters", "none")


def _unmade(name: str, queue: QueueFound) -> Finding:
    if queue.fault:
        return ill(name, queue.fault, _remedy(queue.fault, "see the broker's log"))
    return well(name, f"{queue.name} will be declared at the first start")


def _remedy(problem: str, otherwise: str) -> str:
    return next((remedy for mark, remedy in _REMEDIES if mark in problem), otherwise)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])
