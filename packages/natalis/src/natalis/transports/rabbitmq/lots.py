"""What one message holds: a lot of keys, one to a line.

A message costs the broker and both ends some 50 to 90 us however much it holds (docs/decisions/0018-pika.md), so a herd
travels in lots. A few keys travel one by one: there is nothing to save, and every worker can have some.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from natalis.domain.delivery import DeliveryKey
from natalis.errors import InvalidInput

_SPREAD = 40  # messages: until there are this many, a key has one to itself


def size_of_lots(count: int, *, most: int) -> int:
    """Return how many of `count` keys to put into one message."""
    return max(1, min(most, math.ceil(count / _SPREAD)))


def packed(keys: Sequence[DeliveryKey], *, most: int) -> list[bytes]:
    """Return the bodies of the messages that carry these keys, in order."""
    size = size_of_lots(len(keys), most=most)
    return ["\n".join(map(str, keys[at : at + size])).encode() for at in range(0, len(keys), size)]


def unpacked(body: bytes) -> list[DeliveryKey]:
    """Return the keys of a message, at least one.

    Raises:
        InvalidInput: It is not a message of ours, whole or in part.
    """
    try:
        return [DeliveryKey.parse(line) for line in body.decode().split("\n")]
    except UnicodeDecodeError:
        raise InvalidInput("body", "is not text", "publish keys, one to a line") from None
