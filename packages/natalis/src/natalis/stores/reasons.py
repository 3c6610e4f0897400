"""Why a delivery is where it is, in the words that every store writes alike."""

from __future__ import annotations

from typing import Final

USER_DELETED: Final = "the user was deleted"
"""Why the pending deliveries of a deleted user are cancelled."""
USER_GONE: Final = "the user is gone"
"""Why a message to a deleted user is withheld."""
CATCH_UP_PASSED: Final = "its catch-up window passed before it could be sent"
"""Why a delivery is missed."""
LEASE_RAN_OUT: Final = "the worker gave no sign of life until its lease ran out"
"""What became of an attempt whose worker died or stalled."""
CLAIM_LOST: Final = "not called: the answer to the claim was lost"
"""What became of an attempt that its worker never heard of."""
HELD: Final = "held for a person: the message may have arrived, and the provider would not recognise a second one"
"""Why such a delivery fails when it is not to be repeated."""
REPLAYED: Final = "replayed by an operator"
"""Why a delivery that had ended is scheduled again."""
