"""What Prometheus can see of a service, or of one of its endpoints: selectors in the words of its dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from plimsoll.budget.dialects import DIALECTS, Dialect
from plimsoll.budget.file.model import Endpoint, Watch
from plimsoll.budget.promql import Matcher, Selector, matchers_of
from plimsoll.budget.sources import Source


class Unseen(LookupError):
    """There is nothing to read an indicator from; says why, and what would help.

    Attributes:
        remedy: What would help.
    """

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Sight:
    """Where to look.

    Attributes:
        dialect: Of the metrics of requests.
        sources: The labels of each source there is.
        endpoint: Which requests are meant; all of them where it is None.
    """

    dialect: Dialect
    sources: Mapping[Source, tuple[Matcher, ...]]
    endpoint: Endpoint | None = None

    def at(self, endpoint: Endpoint | None) -> Sight:
        """Return the same of one endpoint."""
        return replace(self, endpoint=endpoint)

    def of(self, source: Source, name: str, *matchers: Matcher) -> Selector:
        """Return the series of a metric of a source.

        Raises:
            Unseen: The source is not watched.
        """
        if source not in self.sources:
            why = f"nothing that is watched measures it: it comes from the source {source}"
            raise Unseen(why, f'name it under watch.sources, as in {source}: job="{source}"')
        return Selector(name, (*self.sources[source], *matchers))

    def requests(self, *matchers: Matcher) -> Selector:
        """Return the counter of requests.

        Raises:
            Unseen: The dialect has no such labels.
        """
        return self._http(self.dialect.requests, *matchers)

    def durations(self) -> Selector:
        """Return the histogram of requests' durations, without `_bucket`.

        Raises:
            Unseen: The dialect has none.
        """
        if self.dialect.duration is None:
            raise Unseen("its dialect has no durations", "watch something that measures them")
        return self._http(self.dialect.duration)

    def failures(self, *matchers: Matcher) -> Selector:
        """Return the counter of errors by `error_type`.

        Raises:
            Unseen: The dialect has none.
        """
        if self.dialect.errors is None:
            raise Unseen("its dialect does not say of what kind errors are", "watch it in the dialect plimsoll")
        return self._http(self.dialect.errors, *matchers)

    def status(self, digit: str) -> Matcher:
        """Return the condition that a status is of a class, given by its first digit.

        Raises:
            Unseen: The dialect has no status.
        """
        if self.dialect.status is None:
            raise Unseen("its dialect does not tell the status of answers", "watch something that does")
        if self.dialect.classes:
            return Matcher(self.dialect.status, "=", f"{digit}xx")
        return Matcher(self.dialect.status, "=~", f"{digit}..")

    def _http(self, name: str, *matchers: Matcher) -> Selector:
        real = (Matcher(self.dialect.synthetic, "!=", "true"),) if self.dialect.synthetic else ()
        return self.of(Source.HTTP, name, *real, *self._endpoint(), *matchers)

    def _endpoint(self) -> tuple[Matcher, ...]:
        if self.endpoint is None:
            return ()
        if self.dialect.method is None or self.dialect.route is None:
            raise Unseen("its dialect does not tell one endpoint from another", "hold it for all endpoints together")
        return (
            Matcher(self.dialect.method, "=", self.endpoint.method),
            Matcher(self.dialect.route, "=", self.endpoint.route),
        )


def sight_of(watch: Watch | None) -> Sight:
    """Return what a file says that Prometheus sees.

    Raises:
        ValueError: A source's labels are none.
    """
    if watch is None:
        return Sight(DIALECTS["plimsoll"], {})
    dialect = DIALECTS[watch.dialect]
    if watch.buckets is not None:
        dialect = replace(dialect, buckets=watch.buckets)
    return Sight(dialect, {Source(name): matchers_of(labels) for name, labels in watch.sources.items()})
