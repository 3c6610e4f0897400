"""RabbitMQ: the queue of a fleet, on a quorum queue that outlives the loss of a node (see rabbitmq.md).

`transport.py` is the adapter. Below it: `receiver.py` and `publisher.py` one line each to a node, `dialer.py` which
node and when to try again, `wire.py` pika's callbacks as awaitables. Pure: `addresses.py`, `options.py`, `topology.py`,
`lots.py` what a message holds, `holding.py` what was received, `confirms.py` what was published.
"""

from natalis.transports.rabbitmq.addresses import read_addresses
from natalis.transports.rabbitmq.options import RabbitMQOptions
from natalis.transports.rabbitmq.transport import RabbitMQTransport, open_transport

__all__ = ["RabbitMQOptions", "RabbitMQTransport", "open_transport", "read_addresses"]
