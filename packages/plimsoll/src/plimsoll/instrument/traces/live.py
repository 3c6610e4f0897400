"""Spans: what is done, for how long, as a part of what. Nearly free while nobody listens or the trace is not kept.

`begun` opens a trace or carries one on (a request, a job); `span` is a part of whatever is being recorded, and nothing
otherwise. Both are used as blocks. Names and attributes are those of OpenTelemetry's stable semantic conventions.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from random import getrandbits
from types import TracebackType
from typing import Final, Self, TypeAlias

from plimsoll.instrument.traces.w3c import SpanContext, kept_below, new_span_id, new_trace_id

Attribute: TypeAlias = str | bool | int | float | Sequence[str]


class SpanKind(IntEnum):
    """What a span is to its parent; numbered as OpenTelemetry's API does."""

    INTERNAL = 0
    SERVER = 1
    CLIENT = 2
    PRODUCER = 3
    CONSUMER = 4


class Span:
    """A piece of work that is recorded; as a block, what `current` returns within.

    Attributes:
        context: What is passed on of it.
        parent: Whose part it is; None for the first of a trace.
        name: Few distinct ones: `GET /user/{id}`, not a path.
        kind: What it is to its parent.
        attributes: By the names of the semantic conventions.
        links: Others that led to it.
        began: Nanoseconds since 1970.
        ended: Nanoseconds since 1970; 0 while it lasts.
        fault: What went wrong, in words; whoever sends it on takes secrets and addresses out. Empty while all is well.
        is_failed: Whether it went wrong.
    """

    __slots__ = (
        "_before",
        "_ticks",
        "attributes",
        "began",
        "context",
        "ended",
        "fault",
        "is_failed",
        "kind",
        "links",
        "name",
        "parent",
    )

    is_recording: Final = True

    def __init__(
        self,
        name: str,
        kind: SpanKind,
        context: SpanContext,
        *,
        parent: SpanContext | None = None,
        attributes: Mapping[str, Attribute] | None = None,
        links: Sequence[SpanContext] = (),
        began: int = 0,
        ended: int = 0,
    ) -> None:
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.attributes: dict[str, Attribute] = {} if attributes is None else dict(attributes)
        self.links = links
        self.began = began
        self.ended = ended
        self.fault = ""
        self.is_failed = False
        self._before: Span | NoSpan | None = None
        self._ticks = 0

    def set(self, name: str, value: Attribute) -> None:
        """Add an attribute."""
        self.attributes[name] = value

    def fail(self, error_type: str, fault: str = "") -> None:
        """Note that it went wrong.

        Args:
            error_type: `error.type`: a class of errors or a status code, out of few.
            fault: What happened.
        """
        self.is_failed = True
        self.attributes["error.type"] = error_type
        self.fault = fault

    def now(self) -> int:
        """Return nanoseconds since 1970, as this span counts them: from its beginning, by a clock that nobody sets."""
        return self.began + time.perf_counter_ns() - self._ticks

    def __enter__(self) -> Self:
        before = self._before = _here.get()
        _here.set(self)
        # a part counts on from its whole, so that none outlasts it by what two readings of the wall's clock are apart
        self.began = before.now() if type(before) is Span else time.time_ns()
        self._ticks = time.perf_counter_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended = self.now()
        _here.set(self._before)
        if kind is not None and not self.is_failed:
            self.fail(kind.__qualname__, str(error))
        tell(self)


class NoSpan:
    """A piece of work that is not recorded; as a block it passes its trace on, where there is one.

    Args:
        context: Whose trace; None for none, or for one whose ids are drawn when somebody first asks for them.
        low: The lower 64 bits of such a trace's id.
    """

    __slots__ = ("_before", "_context", "_low")

    is_recording: Final = False

    def __init__(self, context: SpanContext | None = None, low: int | None = None) -> None:
        self._context = context
        self._low = low
        self._before: Span | NoSpan | None = None

    @property
    def context(self) -> SpanContext | None:
        """What is passed on; None when there is no trace."""
        if self._context is None and self._low is not None:
            self._context = SpanContext(new_trace_id(self._low), new_span_id(), is_sampled=False)
        return self._context

    def set(self, name: str, value: Attribute) -> None:
        """Add nothing."""

    def fail(self, error_type: str, fault: str = "") -> None:
        """Note nothing."""

    def __enter__(self) -> Self:
        if self is not NOTHING:
            self._before = _here.get()
            _here.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self is not NOTHING:
            _here.set(self._before)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of spans, and of how many.

    Attributes:
        ratio: The part of traces begun here that is kept; those carried on are kept when their caller keeps them.
        heard: Told of every span that ended; must neither raise nor wait.
        kept_below: The ratio as the lower 64 bits of trace ids have it.
    """

    ratio: float
    heard: Callable[[Span], None]
    kept_below: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept_below", kept_below(self.ratio))  # it is frozen


NOTHING: Final = NoSpan()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_here: ContextVar[Span | NoSpan | None] = ContextVar("span", default=None)
_listeners: tuple[Listener, ...] = ()
_changing = threading.Lock()


@contextlib.contextmanager
def listened(listener: Listener) -> Iterator[Listener]:
    """Have spans of this process told to a listener too while the block lasts.

    The first one decides how many traces are kept.
    """
    global _listeners  # noqa: PLW0603 - a process has them once; what is timed reaches them without being handed them
    with _changing:
        _listeners = (*_listeners, listener)
    try:
        yield listener
    finally:
        with _changing:
            _listeners = tuple(each for each in _listeners if each is not listener)


def listening() -> Listener | None:
    """Return who decides how many traces are kept; None while tracing is off."""
    return _listeners[0] if _listeners else None


def context() -> SpanContext | None:
    """Return whose part is being worked on, kept or not; what a call to another service carries."""
    here = _here.get()
    return None if here is None else here.context


def current() -> Span | None:
    """Return the span that is being recorded here; None when nothing is."""
    here = _here.get()
    return here if type(here) is Span else None


def kept_trace() -> str:
    """Return the id of the kept trace this is a part of, as an exemplar has it; empty when there is none."""
    here = _here.get()
    return here.context.trace if type(here) is Span else ""


def span(name: str, kind: SpanKind, attributes: Mapping[str, Attribute] | None = None) -> Span | NoSpan:
    """Return a block that is a part of what is being recorded, or one that does nothing.

    A caller that has to put attributes together asks `current` first whether there is anything to put them on.
    """
    here = _here.get()
    if type(here) is not Span:
        return NOTHING
    parent = here.context
    own = SpanContext(parent.trace_id, new_span_id(), is_sampled=True, state=parent.state)
    return Span(name, kind, own, parent=parent, attributes=attributes)


def begun(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, Attribute] | None = None,
    *,
    parent: SpanContext | None = None,
    links: Sequence[SpanContext] = (),
) -> Span | NoSpan:
    """Return a block that carries a caller's trace on, or opens one.

    Args:
        name: Few distinct ones.
        kind: What it is to its parent.
        attributes: By the names of the semantic conventions.
        parent: What the caller passed on; it decides whether the trace is kept. None opens a trace.
        links: Others that led to it.
    """
    if not _listeners:
        return NOTHING if parent is None else NoSpan(parent)
    if parent is None:
        low = getrandbits(64)  # it decides; whoever is not kept may never be asked for the rest of his ids
        if low >= _listeners[0].kept_below:
            return NoSpan(None, low)
        own = SpanContext(new_trace_id(low), new_span_id(), is_sampled=True)
    elif parent.is_sampled:
        own = SpanContext(parent.trace_id, new_span_id(), is_sampled=True, state=parent.state)
    else:
        return NoSpan(parent)
    return Span(name, kind, own, parent=parent, attributes=attributes, links=links)


def nanoseconds(instant: datetime) -> int:
    """Return an instant, which knows its zone, as spans have it: nanoseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND * 1_000


def tell(span: Span) -> None:
    """Have a span heard that has ended; one made after the fact, too."""
    for each in _listeners:
        each.heard(span)
