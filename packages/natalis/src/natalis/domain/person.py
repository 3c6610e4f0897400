"""A user together with the occasions and recent deliveries that follow them: what one change sees and writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from natalis.domain.delivery import Delivery, DeliveryKey
from natalis.domain.occasion import Firing, Occasion
from natalis.domain.user import User


@dataclass(frozen=True, slots=True)
class Person:
    """What a transaction holds of one user.

    Attributes:
        user: The user.
        occasions: All of theirs, by kind.
        deliveries: Those whose occasion date is at most two years old, oldest first.
    """

    user: User
    occasions: Mapping[str, Occasion]
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What a transaction is to write; whatever is not named stays.

    Attributes:
        user: The user as they are to be (same id, version one higher).
        occasions: The whole new set, by kind; kinds left out are removed.
        moved: Deliveries whose occasion date stands but whose instants change: pending ones, and `missed` ones that
            the change gives another chance. They become `scheduled` (one that is `retrying` stays so) and due at the
            firing's `fire_at`, in the user's new zone.
        cancelled: Pending deliveries that no longer apply, each with its reason.
    """

    user: User
    occasions: Mapping[str, Occasion]
    moved: Mapping[DeliveryKey, Firing]
    cancelled: Mapping[DeliveryKey, str]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A client's `Idempotency-Key` with a digest of what it asked for.

    Attributes:
        key: As sent.
        digest: A hash of the request; the same key with another digest is an error.
        expires_at: When it may be forgotten (UTC).
    """

    key: str
    digest: str
    expires_at: datetime
