"""How an attempt ends whose worker never heard of it, in every store alike."""

from __future__ import annotations

from datetime import datetime

from natalis.domain.delivery import DeliveryKey, Status
from natalis.ports.inbox import Completion
from natalis.stores.reasons import CLAIM_LOST


def never_called(key: DeliveryKey, attempt_id: str, now: datetime) -> Completion:
    """Return the end of an attempt in which nobody was called: due again at once, and not charged."""
    return Completion(key, attempt_id, Status.RETRYING, now, "deferred", CLAIM_LOST, due_at=now, counts=False)
