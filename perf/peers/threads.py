"""The job itself for workers that are processes or threads: post with urllib3, mark with psycopg; and their sender.

urllib3 and no `requests`: it takes a quarter of the CPU. A thread keeps one connection to each side for good.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, partial

import psycopg  # type: ignore[import-not-found]  # is in .venvs/peers
import urllib3

from perf.peers import crew, stock
from perf.peers.situation import Situation, now, read
from perf.peers.stock import Message

_MARK = "UPDATE messages SET sent_at = %s WHERE id = %s AND sent_at IS NULL"


class _Desk(threading.local):
    """What one thread works with; made when that thread first needs it."""

    def __init__(self) -> None:
        situation = read()
        self._provider = urllib3.connection_from_url(situation.provider_url, maxsize=1, retries=False)
        self._database = psycopg.connect(situation.database_url, autocommit=True, prepare_threshold=1)

    def deliver(self, message: Message) -> None:
        """Post the message and mark it `sent`, durably, before returning.

        Raises:
            RuntimeError: The provider did not accept it: the library is to try again.
        """
        answer = self._provider.urlopen("POST", stock.PATH, body=message.body, headers=message.headers)
        if answer.status != 200 or b'"success":true' not in answer.data:
            raise RuntimeError(f"answered {answer.status}")
        self._database.execute(_MARK, (now(), message.number))


@cache
def desk() -> _Desk:
    """Return this process's desk; not to be called before a fork."""
    return _Desk()


def send(publish: Callable[[Message], object], *, threads: int, part: int = 0, of: int = 1) -> None:
    """Hand messages to a queue as they become due, from several threads; then stay until told to go.

    Several, because these libraries wait for the broker's confirm of each message before they publish the next.

    Args:
        publish: Returns once the queue has the message.
        threads: How many of them.
        part: Which share of the messages this process has, from 0.
        of: How many such processes there are.
    """
    situation = read()
    shares = [partial(_share, situation, publish, part * threads + number, of * threads) for number in range(threads)]
    workers = [threading.Thread(target=share, daemon=True) for share in shares]
    for worker in workers:
        worker.start()
    crew.ready_hand(situation.folder, "sender")
    for worker in workers:
        worker.join()
    threading.Event().wait()


def _share(situation: Situation, publish: Callable[[Message], object], part: int, of: int) -> None:
    for messages in stock.due(situation, part=part, of=of):
        for message in messages:
            publish(message)
