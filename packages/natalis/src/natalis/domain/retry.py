"""Whether and when to try again: exponential backoff with full jitter, and what becomes of a delivery after a call.

Source of the backoff: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("full jitter").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from natalis.domain.delivery import Delivery, Status
from natalis.domain.outcome import Deferred, Delivered, Outcome, Refused, Unknown, Withheld

_DETAIL_LIMIT = 500  # characters of a provider's answer that are kept
_DOUBLINGS = 40  # 2**40 times any base is beyond any cap


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how far apart.

    Attributes:
        max_attempts: After this many counted attempts a delivery has failed.
        base: The span of the first wait; it doubles with every attempt.
        cap: The longest span.
    """

    max_attempts: int = 15
    base: timedelta = timedelta(seconds=2)
    cap: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the decision depends on besides the outcome and the delivery.

    Attributes:
        policy: How often and how far apart.
        may_repeat: Whether a call without an answer may be made again: the provider recognises a repeated key, or the
            operator prefers a second message to none.
        paused_until: Until when the provider's breaker is open (UTC); None while it is not.
    """

    policy: RetryPolicy
    may_repeat: bool
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery after a call.

    Attributes:
        status: Where it goes: `sent`, `retrying`, `failed`, `missed` or `cancelled`.
        outcome: The outcome's name, as the ledger writes it.
        detail: The provider's answer or what happened instead, without NUL, at most 500 characters.
        due_at: When to try again; only with `retrying` (UTC).
        provider_id: The provider's id; only with `sent`.
        counts: Whether the attempt is charged to the delivery.
    """

    status: Status
    outcome: str
    detail: str
    due_at: datetime | None = None
    provider_id: str | None = None
    counts: bool = True


def backoff(policy: RetryPolicy, attempts: int, *, draw: float) -> timedelta:
    """Return how long to wait after the `attempts`-th attempt: evenly anywhere in a span that doubles up to the cap.

    Args:
        policy: How far apart.
        attempts: How many attempts were made, from 1.
        draw: A random number in [0, 1).
    """
    doubled = float(2 ** min(max(attempts - 1, 0), _DOUBLINGS))
    span = policy.base * doubled if policy.base < policy.cap / doubled else policy.cap
    return span * draw


def judge(outcome: Outcome, delivery: Delivery, terms: Terms, *, now: datetime, draw: float) -> Verdict:
    """Decide what becomes of a delivery whose attempt, already counted in it, ended with `outcome`."""
    match outcome:
        case Delivered(provider_id, detail):
            return Verdict(Status.SENT, "delivered", kept(detail), provider_id=kept(provider_id))
        case Deferred(detail, retry_after, outage):
            spared, earliest = outage or terms.paused_until is not None, _earliest(terms, retry_after, now)
            return _again("deferred", detail, delivery, terms, earliest=earliest, spared=spared, draw=draw)
        case Unknown(detail, retry_after, outage) if terms.may_repeat:
            spared, earliest = outage or terms.paused_until is not None, _earliest(terms, retry_after, now)
            return _again("unknown", detail, delivery, terms, earliest=earliest, spared=spared, draw=draw)
        case Unknown(detail):
            held = f"held for a person: it may have arrived, and the provider does not recognise a repeat ({detail})"
            return Verdict(Status.FAILED, "unknown", kept(held))
        case Refused(detail):
            return Verdict(Status.FAILED, "refused", kept(detail))
        case Withheld(detail):
            return Verdict(Status.CANCELLED, "withheld", kept(detail))
        case other:
            assert_never(other)


def _earliest(terms: Terms, retry_after: timedelta | None, now: datetime) -> datetime:
    return max(now + (retry_after or timedelta(0)), terms.paused_until or now)


def _again(
    outcome: str, detail: str, delivery: Delivery, terms: Terms, *, earliest: datetime, spared: bool, draw: float
) -> Verdict:
    policy, counts = terms.policy, not spared
    if counts and delivery.attempts >= policy.max_attempts:
        return Verdict(Status.FAILED, outcome, kept(f"gave up after {delivery.attempts} attempts: {detail}"))
    due_at = earliest + backoff(policy, delivery.attempts, draw=draw)
    if due_at >= delivery.expires_at:
        late = f"the next attempt would come after its catch-up window: {detail}"
        return Verdict(Status.MISSED, outcome, kept(late), counts=counts)
    return Verdict(Status.RETRYING, outcome, kept(detail), due_at=due_at, counts=counts)


def kept(text: str) -> str:
    """Return what a database can hold of a text: PostgreSQL refuses NUL and lone surrogates in text."""
    if text.isascii() and "\x00" not in text:  # as nearly all are: a short way
        return text[:_DETAIL_LIMIT]
    return text[:_DETAIL_LIMIT].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
