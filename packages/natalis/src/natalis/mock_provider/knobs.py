"""The knobs: how often, and how, the mock provider fails."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from natalis.errors import InvalidInput

_NONE = timedelta(0)


class Knobs(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """How the mock provider behaves; the defaults are those of a poor day.

    A call meets at most one fault. As JSON, durations are numbers of seconds or ISO 8601 (`PT0.2S`).

    Attributes:
        error_rate: Share of calls answered with an error (429, 500 or 503).
        hang_rate: Share of calls that are never answered: the caller has to time out.
        drop_rate: Share of calls whose connection is reset instead of an answer.
        after_accepting: Share of these faults that come after the message was accepted, so that the caller cannot
            know. (429 and 503 come only before.)
        latency_min: Shortest time to an answer.
        latency_max: Longest time to an answer; evenly spread in between.
        hang: How long a call that is never answered is held before its connection is reset.
        retry_after: What a 429 asks for in `Retry-After`; None for no wish.
        outage_every: One outage (every call answered 503) in each such span, at its end; None for no outages.
        outage_length: How long each lasts.
        recognises_repeats: Whether a repeated idempotency key is answered as the first was and delivered once only.
        seed: What chance is drawn from, together with the key and the number of the attempt, so that the same calls
            meet the same faults in any order; None for another one in every run.
    """

    error_rate: float = 0.1
    hang_rate: float = 0.0
    drop_rate: float = 0.0
    after_accepting: float = 0.5
    latency_min: timedelta = timedelta(milliseconds=50)
    latency_max: timedelta = timedelta(milliseconds=200)
    hang: timedelta = timedelta(seconds=60)
    retry_after: timedelta | None = timedelta(seconds=1)
    outage_every: timedelta | None = None
    outage_length: timedelta = _NONE
    recognises_repeats: bool = True
    seed: int | None = None

    def __post_init__(self) -> None:
        shares = {
            "errorRate": self.error_rate,
            "hangRate": self.hang_rate,
            "dropRate": self.drop_rate,
            "afterAccepting": self.after_accepting,
        }
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise InvalidInput(name, f"{share} is not a share", "give a number from 0 to 1")
        if self.error_rate + self.hang_rate + self.drop_rate > 1:
            raise InvalidInput("errorRate", "errors, hangs and drops come to more than every call", "lower one of them")
        if not _NONE <= self.latency_min <= self.latency_max:
            raise InvalidInput("latencyMin", "is negative or above latencyMax", "give the shortest, then the longest")
        if self.outage_every is not None and not _NONE <= self.outage_length < self.outage_every:
            raise InvalidInput("outageLength", "is not shorter than outageEvery", "leave some time without an outage")

    @classmethod
    def flawless(cls) -> Knobs:
        """Return the knobs of a provider that never fails and answers at once."""
        return cls(error_rate=0, latency_min=_NONE, latency_max=_NONE)

    def turned(self, body: bytes) -> Knobs:
        """Return these knobs with those named in a JSON object turned.

        Raises:
            InvalidInput: It is no such object, or a knob cannot stand so.
        """
        try:
            wanted = msgspec.json.decode(body, type=dict[str, object])
            return msgspec.convert(msgspec.to_builtins(self) | wanted, Knobs, strict=False)
        except msgspec.MsgspecError as error:
            known = ", ".join(msgspec.to_builtins(self))
            raise InvalidInput("knobs", str(error), f"give a JSON object of {known}") from None
