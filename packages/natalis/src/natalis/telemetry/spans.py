"""Events as spans: a trace for each delivery, from its plan over the queue to the provider's call.

Every process makes the spans of what it did when it is done, with ids that follow from the delivery's key
(`domain/trace.py`); nothing is carried along for it and nothing stored. Whether a trace is kept follows from its id.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple, assert_never

from natalis.domain.delivery import DeliveryKey
from natalis.domain.events import (
    AttemptEnded,
    BreakerMoved,
    Dispatched,
    Event,
    Fenced,
    Handed,
    Missed,
    Planned,
    Quarantined,
    Returned,
)
from natalis.domain.trace import DeliveryTrace, Stage, trace_of
from natalis.ports.clock import Clock
from plimsoll.instrument import traces
from plimsoll.instrument.traces import Attribute, Span, SpanKind, nanoseconds
from plimsoll.instrument.traces.w3c import SpanContext, is_kept, new_span_id, new_trace_id

LINKS_AT_MOST = 64
"""Deliveries that the span of a publication links to; each of its deliveries links back to it."""
_NOTHING = timedelta(0)
_WELL = frozenset({"delivered", "withheld"})


@dataclass(frozen=True, slots=True)
class Names:
    """What spans call those that Natalis speaks to.

    Attributes:
        queue: The queue.
        system: Whose it is: `rabbitmq`, or `natalis` where it is in the process.
        provider: What the provider's call is called, such as `POST`.
        call: What is said of each call, such as `server.address`.
    """

    queue: str
    system: str
    provider: str
    call: Mapping[str, Attribute] = field(default_factory=dict)


class _Step(NamedTuple):
    """What is done about a delivery, this time that it is due."""

    trace: DeliveryTrace
    stage: Stage
    due_at: datetime | None = None

    @property
    def before(self) -> _Step | None:
        """What it is a part of."""
        match self.stage:
            case Stage.PLAN:
                return None
            case Stage.DISPATCH | Stage.MISS:
                return _Step(self.trace, Stage.PLAN)
            case Stage.ATTEMPT:
                return _Step(self.trace, Stage.DISPATCH, self.due_at)
            case Stage.CALL:
                return _Step(self.trace, Stage.ATTEMPT, self.due_at)
            case other:
                assert_never(other)


class DeliverySpans:
    """A telemetry that traces deliveries. A trace that is not kept costs its id.

    Args:
        ratio: The part of all traces that is kept.
        clock: Tells when something ended.
        names: What others are called.
    """

    def __init__(self, ratio: float, clock: Clock, names: Names) -> None:
        self._ratio = ratio
        self._clock = clock
        self._names = names
        self._publication: SpanContext | None = None

    def record(self, event: Event) -> None:
        """Make the spans of an event."""
        match event:
            case Planned(plans=plans, began=began) if began is not None:
                for plan in plans:
                    upcoming = plan.plannable.occasion.upcoming
                    if upcoming is not None:
                        occasion = plan.plannable.occasion
                        key = DeliveryKey(occasion.user_id, occasion.kind, upcoming.occasion_date)
                        self._planned(key, upcoming.fire_at, began)
            case Dispatched(handed=handed, began=began) if began is not None:
                self._dispatched(handed, began)
            case AttemptEnded():
                self._ended(event)
            case Missed(keys):
                for key in keys:
                    self._missed(key)
            case Planned() | Dispatched() | Quarantined() | Fenced() | Returned() | BreakerMoved():
                pass  # of no delivery, or of none whose trace says more by it
            case other:
                assert_never(other)

    def traceparent(self, key: DeliveryKey, due_at: datetime) -> str:
        """Return what the provider's call carries: `traceparent` of the span that will be made of it."""
        return self._context(_Step(trace_of(key), Stage.CALL, due_at)).traceparent

    @contextlib.contextmanager
    def handing(self, handed: Sequence[Handed]) -> Iterator[None]:
        """Trace a publication, whose messages carry it on; it is kept when a delivery's trace in it is."""
        kept = ((each, trace) for each in handed if self._is_kept(trace := trace_of(each.key)))
        steps = (_Step(trace, Stage.DISPATCH, each.due_at) for each, trace in islice(kept, LINKS_AT_MOST))
        links = [self._context(step) for step in steps]
        if not links:
            self._publication = None
            yield
            return
        self._publication = SpanContext(new_trace_id(), new_span_id(), is_sampled=True)
        told = {**self._messaging("send"), "messaging.batch.message_count": len(handed)}
        with Span(f"send {self._names.queue}", SpanKind.PRODUCER, self._publication, attributes=told, links=links):
            yield

    def _planned(self, key: DeliveryKey, fire_at: datetime, began: datetime) -> None:
        trace = trace_of(key)
        if self._is_kept(trace):
            told: dict[str, Attribute] = {**_of(key), "natalis.fire_at": fire_at.isoformat()}
            step = _Step(trace, Stage.PLAN)
            self._tell(step, "plan delivery", SpanKind.INTERNAL, told, began=began, ended=self._clock.now())

    def _dispatched(self, handed: Sequence[Handed], began: datetime) -> None:
        ended = self._clock.now()
        links = [] if self._publication is None else [self._publication]
        name, about = f"dispatch {self._names.queue}", self._messaging("send")
        for each in handed:
            trace = trace_of(each.key)
            if self._is_kept(trace):
                step, told = _Step(trace, Stage.DISPATCH, each.due_at), {**about, **_of(each.key)}
                self._tell(step, name, SpanKind.PRODUCER, told, began=began, ended=ended, links=links)

    def _ended(self, event: AttemptEnded) -> None:
        trace = trace_of(event.key)
        if event.due_at is None or not self._is_kept(trace):
            return
        fault = "" if event.outcome in _WELL else event.outcome
        began = event.finished_at - event.took
        if event.took > _NOTHING:
            call, ended = _Step(trace, Stage.CALL, event.due_at), event.finished_at
            self._tell(
                call, self._names.provider, SpanKind.CLIENT, self._names.call, began=began, ended=ended, fault=fault
            )
        told: dict[str, Attribute] = {
            **self._messaging("process"),
            **_of(event.key),
            "natalis.outcome": event.outcome,
            "natalis.final": event.final,
            "natalis.attempt": event.number,
            "natalis.late": event.late,
        }
        attempt, name = _Step(trace, Stage.ATTEMPT, event.due_at), f"process {self._names.queue}"
        self._tell(attempt, name, SpanKind.CONSUMER, told, began=began, ended=self._clock.now(), fault=fault)

    def _missed(self, key: DeliveryKey) -> None:
        trace = trace_of(key)
        if self._is_kept(trace):
            now, miss = self._clock.now(), _Step(trace, Stage.MISS)
            self._tell(miss, "miss delivery", SpanKind.INTERNAL, _of(key), began=now, ended=now, fault="missed")

    def _tell(
        self,
        step: _Step,
        name: str,
        kind: SpanKind,
        told: Mapping[str, Attribute],
        *,
        began: datetime,
        ended: datetime,
        links: Sequence[SpanContext] = (),
        fault: str = "",
    ) -> None:
        before = step.before
        span = Span(
            name,
            kind,
            self._context(step),
            parent=None if before is None else self._context(before),
            attributes=told,
            links=links,
            began=nanoseconds(began),
            ended=nanoseconds(max(began, ended)),
        )
        if fault:
            span.fail(fault)
        traces.tell(span)

    def _context(self, step: _Step) -> SpanContext:
        trace = step.trace
        return SpanContext(trace.trace_id, trace.span_id(step.stage, step.due_at), self._is_kept(trace))

    def _is_kept(self, trace: DeliveryTrace) -> bool:
        return is_kept(trace.trace_id, self._ratio)

    def _messaging(self, operation: str) -> dict[str, Attribute]:
        return {
            "messaging.system": self._names.system,
            "messaging.operation.type": operation,
            "messaging.destination.name": self._names.queue,
        }


def _of(key: DeliveryKey) -> dict[str, Attribute]:
    return {"natalis.delivery": str(key), "natalis.kind": key.kind}
