"""The life of a delivery as one table: every move there is, and who makes it.

The drawing, with what happens when each actor dies, is in `lifecycle.md` beside this file. A store changes a status
only by compare-and-set along one of these moves.
"""

from __future__ import annotations

from types import MappingProxyType

from natalis.domain.delivery import Status
from natalis.errors import IllegalTransition

S = Status
MOVES = MappingProxyType(
    {
        # the dispatcher finds it due, or its catch-up window passed; a user or an operator cancels
        S.SCHEDULED: frozenset({S.QUEUED, S.MISSED, S.CANCELLED}),
        # a worker claims; the reaper finds that the broker lost it; a user or an operator cancels
        S.QUEUED: frozenset({S.SENDING, S.SCHEDULED, S.MISSED, S.CANCELLED}),
        # a worker completes; the reaper finds its lease run out (retrying, or failed when held for a person)
        S.SENDING: frozenset({S.SENT, S.RETRYING, S.FAILED, S.CANCELLED, S.MISSED}),
        # the dispatcher finds it due again, or too late; a user or an operator cancels
        S.RETRYING: frozenset({S.QUEUED, S.MISSED, S.CANCELLED}),
        S.SENT: frozenset[Status](),
        # an operator retries or replays
        S.FAILED: frozenset({S.SCHEDULED, S.CANCELLED}),
        S.MISSED: frozenset({S.SCHEDULED}),
        # a user's change is undone, so that the same occasion date counts again
        S.CANCELLED: frozenset({S.SCHEDULED}),
    }
)
PENDING = frozenset({S.SCHEDULED, S.QUEUED, S.RETRYING})
"""Not begun, or to be begun again: these follow their user's changes."""
REPLAYABLE = frozenset({S.FAILED, S.MISSED})
"""Ended without being sent, through no wish of anyone's: an operator may replay them."""

BY_HAND = MappingProxyType({S.SCHEDULED: REPLAYABLE, S.CANCELLED: PENDING | {S.FAILED}})
"""What an operator may do, and from which states: narrower than the table, for a message under way, and a user's own
cancellation, are not for an operator to undo."""


def check_move(key: str, found: Status, wanted: Status) -> None:
    """Raise `IllegalTransition` unless the table has the move."""
    if wanted not in MOVES[found]:
        raise IllegalTransition(key, found, wanted)


def check_move_by_hand(key: str, found: Status, wanted: Status) -> None:
    """Raise `IllegalTransition` unless an operator may make the move."""
    if found not in BY_HAND.get(wanted, frozenset()):
        raise IllegalTransition(key, found, wanted)
