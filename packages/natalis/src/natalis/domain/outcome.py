"""What came of one attempt, as values: a provider never raises for an answer it understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Delivered:
    """The provider accepted the message under `provider_id`."""

    provider_id: str
    detail: str = "accepted"


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now. `retry_after` is the provider's own wish; `outage` says that the provider as a whole is ill.

    The message has certainly not been accepted.
    """

    detail: str
    retry_after: timedelta | None = None
    outage: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Never: the same message will be refused again."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call was made and nothing says what came of it: the message may or may not have been accepted.

    As with `Deferred`, `retry_after` is the provider's own wish and `outage` says that it is ill as a whole.
    """

    detail: str
    retry_after: timedelta | None = None
    outage: bool = False


@dataclass(frozen=True, slots=True)
class Withheld:
    """No call was made, because the recipient must not be written to any more (suppressed, or gone)."""

    detail: str


Outcome: TypeAlias = Delivered | Deferred | Refused | Unknown | Withheld
