"""What is recorded within the same scenario, group and tags, and the limit on how many sets of tags there are.

A flow over 100,000 addresses must not make 100,000 sets of histograms. When an engine has seen as many sets as it
keeps, what comes new is recorded under the name `(other)`, and the run says so and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from plimsoll.load.channels import IterationChannel, RequestChannel, Series
from plimsoll.load.client.exchange import Exchange
from plimsoll.measure import names
from plimsoll.measure.recording import Metric, Tags
from plimsoll.measure.tallies import Counter, Gauge, Rate, Tally, Trend

OTHER: Final = "(other)"
MOST_SETS: Final = 1_000
"""Of tags, in an engine: of requests, of checks, and of the metrics that flows bring."""

_Key = tuple[str, str, int, str | None, bool, Tags]


class Scope:
    """What is recorded within one scenario, group and set of tags; made by `Scopes`.

    Args:
        scopes: Where it belongs.
        tags: The scenario's, the stage's and those that the flow set.
        group: The path of groups, as k6 writes it: `::checkout::pay`; empty for none.
    """

    __slots__ = ("_checks", "_metrics", "_requests", "_scopes", "group", "iterations", "tags")

    def __init__(self, scopes: Scopes, tags: Tags, group: str) -> None:
        self.tags, self.group, self._scopes = tags, group, scopes
        self.iterations = IterationChannel(tags)
        self._requests: dict[_Key, RequestChannel] = {}
        self._checks: dict[str, Rate] = {}
        self._metrics: dict[tuple[str, Tags], tuple[Metric, Tally]] = {}

    def request(self, exchange: Exchange, name: str, due: int, *, failed: bool, tags: Tags = ()) -> None:
        """Record a request."""
        key = (exchange.request.method, name, exchange.status, exchange.error, failed, tags)
        channel = self._requests.get(key)
        if channel is None:
            channel = self._channel(key)
        channel.add(exchange, due)

    def check(self, name: str) -> Rate:
        """Return what a check adds to; not to be kept."""
        rate = self._checks.get(name)
        if rate is None:
            name = name if self._scopes.has_room() else OTHER
            rate = self._checks.setdefault(name, Rate())
        return rate

    def metric(self, metric: Metric, tags: Tags = ()) -> Tally:
        """Return what a metric adds to; not to be kept."""
        found = self._metrics.get((metric.name, tags))
        if found is None:
            tags = tags if self._scopes.has_room() else ((names.TAG_NAME, OTHER),)
            found = self._metrics.setdefault((metric.name, tags), (metric, metric.tally()))
        return found[1]

    def within(self, group: str) -> Scope:
        """Return the scope of a group within this one."""
        return self._scopes.of(self.tags, f"{self.group}::{group}")

    def tagged(self, more: Mapping[str, str]) -> Scope:
        """Return this scope with more tags."""
        return self._scopes.of(tuple(sorted((dict(self.tags) | dict(more)).items())), self.group)

    def drain(self) -> Iterator[Series]:
        """Yield what was recorded since the last time, and begin anew."""
        yield from self.iterations.drain()
        for channel in list(self._requests.values()):
            yield from channel.drain()
        for name, rate in list(self._checks.items()):
            if rate.count:
                yield names.CHECKS, self._all_tags(((names.TAG_CHECK, name),)), Rate(rate.hits, rate.count)
                rate.hits = rate.count = 0
        for key, (metric, tally) in list(self._metrics.items()):
            if _holds(tally):
                self._metrics[key] = (metric, metric.tally())
                yield metric, self._all_tags(key[1]), tally

    def _channel(self, key: _Key) -> RequestChannel:
        method, name, status, error, failed, tags = key
        if not self._scopes.has_room():
            name, tags = OTHER, ()
            key = (method, name, status, error, failed, tags)
            if key in self._requests:
                return self._requests[key]
        told = [(names.TAG_METHOD, method), (names.TAG_NAME, name), (names.TAG_STATUS, str(status))]
        told.append(("expected_response", "false" if failed else "true"))
        if error is not None:
            told.append((names.TAG_ERROR, str(error)))
        made = self._requests[key] = RequestChannel(self._all_tags((*told, *tags)), failed=failed)
        return made

    def _all_tags(self, more: Tags) -> Tags:
        group = {names.TAG_GROUP: self.group} if self.group else {}
        return tuple(sorted((dict(self.tags) | group | dict(more)).items()))


class Scopes:
    """All scopes of an engine.

    Args:
        most: How many sets of tags are kept.
    """

    def __init__(self, most: int = MOST_SETS) -> None:
        self._most = most
        self._sets = 0
        self._known: dict[tuple[Tags, str], Scope] = {}
        self.overflowed = False

    def of(self, tags: Tags, group: str = "") -> Scope:
        """Return the scope of some tags and a group; that of the tags without it when there are too many."""
        scope = self._known.get((tags, group))
        if scope is None:
            if len(self._known) >= self._most:
                self.overflowed = True
                return next(iter(self._known.values()))
            scope = self._known[(tags, group)] = Scope(self, tags, group)
        return scope

    def has_room(self) -> bool:
        """Return whether one more set of tags may be kept, and count it."""
        self.overflowed = self.overflowed or self._sets >= self._most
        self._sets += not self.overflowed
        return not self.overflowed

    def drain(self) -> Iterator[Series]:
        """Yield what was recorded since the last time; other work may be done in between."""
        for scope in list(self._known.values()):
            yield from scope.drain()


def _holds(tally: Tally) -> bool:
    match tally:
        case Counter():
            return tally.value != 0
        case Gauge():
            return tally.low is not None
        case Rate():
            return tally.count > 0
        case Trend():
            return tally.histogram.count > 0
