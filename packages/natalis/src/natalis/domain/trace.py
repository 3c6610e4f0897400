"""A delivery's trace: ids that planner, dispatcher and worker compute alike, so that nothing is stored or passed on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from natalis.domain.delivery import DeliveryKey

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)
_SPAN = (1 << 64) - 1
_STAGES = 8  # room for each stage beside one another


class Stage(IntEnum):
    """What is done about a delivery, in order; all but the first each time that it is due."""

    PLAN = 0
    DISPATCH = 1
    ATTEMPT = 2
    CALL = 3
    MISS = 4


@dataclass(frozen=True, slots=True)
class DeliveryTrace:
    """The ids of one delivery's trace and of its spans.

    Attributes:
        trace_id: 128 bits: the first half of SHA-256 over the key as it is written.
        seed: 64 bits: its third quarter, from which the ids of the spans are counted.
    """

    trace_id: int
    seed: int

    def span_id(self, stage: Stage, due_at: datetime | None = None) -> int:
        """Return the id of a span: not 0, and another one for each stage and each time that it was due.

        Args:
            stage: What was done.
            due_at: When it was due: a retry is due anew, so that its spans are told from the first's.
        """
        round_ = 0 if due_at is None else (due_at - _EPOCH) // _INSTANT
        return (self.seed + round_ * _STAGES + stage) & _SPAN or _STAGES

    @property
    def written(self) -> str:
        """The trace id in 32 hexadecimal digits, as viewers of traces look for it."""
        return f"{self.trace_id:032x}"


def trace_of(key: DeliveryKey) -> DeliveryTrace:
    """Return the trace of a delivery: a pure function of its key."""
    digest = hashlib.sha256(str(key).encode()).digest()
    return DeliveryTrace(int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big"))
