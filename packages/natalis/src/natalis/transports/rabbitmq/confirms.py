"""What was published and not yet confirmed: one answer for all that was published together."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

from natalis.errors import TransportUnavailable


@dataclass(slots=True, eq=False)
class _Publication:
    left: int
    done: asyncio.Future[None]


class Confirms:
    """Counts as the broker does: the n-th message of a channel has the tag n."""

    def __init__(self) -> None:
        self._last = 0
        self._open: dict[int, _Publication] = {}

    def __len__(self) -> int:
        """Return how many messages are not confirmed."""
        return len(self._open)

    def expect(self, count: int) -> asyncio.Future[None]:
        """Note that `count` messages are about to be published, at least one; return what is done once all are safe."""
        publication = _Publication(count, asyncio.get_running_loop().create_future())
        for _ in range(count):
            self._last += 1
            self._open[self._last] = publication
        return publication.done

    def settle(self, tag: int, *, multiple: bool, safe: bool) -> None:
        """Take an answer: of message `tag`, or of every one up to it."""
        for each in self._up_to(tag) if multiple else (tag,):
            publication = self._open.pop(each, None)
            if publication is None:
                continue
            publication.left -= 1
            if not safe:
                _fail(publication, "RabbitMQ refused a message")
            elif not publication.left and not publication.done.done():
                publication.done.set_result(None)

    def _up_to(self, tag: int) -> list[int]:
        return list(itertools.takewhile(lambda each: each <= tag, self._open))

    def fail(self, reason: str) -> None:
        """Give up on everything that is open."""
        publications, self._open = set(self._open.values()), {}
        for publication in publications:
            _fail(publication, reason)


def _fail(publication: _Publication, reason: str) -> None:
    if not publication.done.done():
        publication.done.set_exception(TransportUnavailable(reason))
        publication.done.exception()  # who published may have been cancelled, and nobody asks
