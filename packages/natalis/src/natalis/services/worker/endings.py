"""What came of calls: verdicts, completions for the store, and the events that tell of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.events import AttemptEnded, Event, Fenced, Missed
from natalis.domain.outcome import Deferred, Withheld
from natalis.domain.retry import Terms, Verdict, judge, kept
from natalis.ports.inbox import Claimed, Completion
from natalis.services.worker.calls import Landing
from natalis.services.worker.options import DEFAULT_TOLERANCE


@dataclass(frozen=True, slots=True)
class Ending:
    """An attempt that ended, with what the store is to write."""

    landing: Landing
    completion: Completion


def decide_ending(landing: Landing, terms: Terms, *, draw: float) -> Ending:
    """Decide what becomes of a delivery whose call came back."""
    verdict = judge(landing.outcome, landing.claimed.delivery, terms, now=landing.ended_at, draw=draw)
    return _ending(landing, verdict)


def unwritable(claimed: Claimed, reason: str, *, now: datetime) -> Ending:
    """Let one delivery fail, replayably, whose message cannot be written; no call was made."""
    return _ending(Landing(claimed, Withheld(reason), now), Verdict(Status.FAILED, "withheld", kept(reason)))


def given_back(claimed: Claimed, terms: Terms, reason: str, *, now: datetime) -> Ending:
    """Let one delivery go back, due at once and not charged, that was claimed and not called."""
    return decide_ending(Landing(claimed, Deferred(f"not called: {reason}", outage=True), now), terms, draw=0)


def _ending(landing: Landing, verdict: Verdict) -> Ending:
    claimed = landing.claimed
    return Ending(
        landing,
        Completion(
            key=claimed.delivery.key,
            attempt_id=claimed.attempt_id,
            status=verdict.status,
            finished_at=landing.ended_at,
            outcome=verdict.outcome,
            detail=verdict.detail,
            due_at=verdict.due_at,
            provider_id=verdict.provider_id,
            counts=verdict.counts,
        ),
    )


def events_of(
    written: Sequence[Ending], fenced: Collection[DeliveryKey], tolerances: Mapping[str, timedelta]
) -> list[Event]:
    """Tell of endings that were written, or fenced off."""
    events: list[Event] = []
    for each in written:
        key = each.completion.key
        if key in fenced:
            events.append(Fenced(key))
            continue
        events.append(_ended(each, tolerances))
        if each.completion.status is Status.MISSED:
            events.append(Missed((key,)))
    return events


def _ended(each: Ending, tolerances: Mapping[str, timedelta]) -> AttemptEnded:
    completion, claimed = each.completion, each.landing.claimed
    delivery, profile = claimed.delivery, claimed.profile
    tolerance = tolerances.get(completion.key.kind, DEFAULT_TOLERANCE)
    return AttemptEnded(
        key=completion.key,
        outcome=completion.outcome,
        final=completion.status is not Status.RETRYING,
        full_name="" if profile is None else profile.full_name,
        timezone=delivery.timezone,
        fire_at=delivery.fire_at,
        finished_at=completion.finished_at,
        took=each.landing.took,
        late=completion.finished_at - delivery.fire_at > tolerance,
        due_at=delivery.due_at,
        number=delivery.attempts,
    )
