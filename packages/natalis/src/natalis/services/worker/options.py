"""The worker's numbers."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from natalis.domain.breaker import BreakerRule
from natalis.domain.limit import Limit
from natalis.domain.retry import RetryPolicy

DEFAULT_TOLERANCE = timedelta(seconds=60)
"""A message sent later than this after its fire time is late, where its kind says nothing else."""


class OnUnknown(enum.StrEnum):
    """What to do about a call without an answer, when the provider does not recognise a repeated key."""

    RETRY = "retry"  # rather two messages than none
    HOLD = "hold"  # it fails, and a person looks


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker works.

    Attributes:
        worker_id: Who it is, in the ledger; unique in the fleet, and of one start of a process.
        concurrency: Calls under way at once.
        lease: How long a claim holds; it is renewed when a third of it is used.
        call_timeout: After this long without an answer a call is given up as unknown. A second belt: the provider's
            own time-out should be shorter.
        rate: How many calls this worker begins in any second; None for no limit. Divide the provider's by the workers.
        retry: How often and how far apart.
        on_unknown: What to do about a call without an answer.
        breaker: When an outage pauses delivery.
        patience: How long a step waits (in real time) for something to do. Zero - for a virtual clock - never waits.
        linger: How long to wait for more calls to end once one has, so that they are completed in one transaction.
        grace: How long `drain` lets calls go on.
        tolerances: After how long a message counts as late, by kind; a minute for kinds left out.
    """

    worker_id: str
    concurrency: int = 100
    lease: timedelta = timedelta(seconds=30)
    call_timeout: timedelta = timedelta(seconds=60)
    rate: Limit | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    on_unknown: OnUnknown = OnUnknown.RETRY
    breaker: BreakerRule = field(default_factory=BreakerRule)
    patience: timedelta = timedelta(seconds=1)
    linger: timedelta = timedelta(milliseconds=5)
    grace: timedelta = timedelta(seconds=25)
    tolerances: Mapping[str, timedelta] = field(default_factory=lambda: MappingProxyType({}))
