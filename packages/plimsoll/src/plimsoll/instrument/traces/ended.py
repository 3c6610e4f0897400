"""Spans made after the fact: of an operation that tells only when it has ended, and that nothing is a part of."""

from __future__ import annotations

from collections.abc import Mapping

from plimsoll.instrument.traces.live import Attribute, Span, SpanKind, current, tell
from plimsoll.instrument.traces.w3c import SpanContext, new_span_id

_NANOSECONDS = 1_000_000_000


def tell_ended(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, Attribute],
    *,
    seconds: float,
    error: BaseException | None = None,
) -> None:
    """Tell of an operation that ended just now, as a part of what is being recorded; does nothing where nothing is.

    A caller that has to put attributes together asks `traces.current` first whether anybody wants them.

    Args:
        name: Few distinct ones.
        kind: What it is to its parent.
        attributes: By the names of the semantic conventions.
        seconds: How long it took.
        error: What it raised; None when it went well.
    """
    here = current()
    if here is None:
        return
    parent = here.context
    own = SpanContext(parent.trace_id, new_span_id(), is_sampled=True, state=parent.state)
    ended = here.now()
    began = ended - round(seconds * _NANOSECONDS)
    span = Span(name, kind, own, parent=parent, attributes=attributes, began=began, ended=ended)
    if error is not None:
        span.fail(type(error).__qualname__, str(error))
    tell(span)
