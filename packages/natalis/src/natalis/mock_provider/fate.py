"""The fate of a call: what the mock provider does with it, decided by knobs and dice alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import TypeAlias

from natalis.mock_provider.knobs import Knobs

_BEFORE = (429, 500, 503)  # an error before acceptance; after it only a 500 is honest
_THROTTLED = 429
_UNAVAILABLE = 503
_BROKEN = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """Accept the message and say so."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with an error; `accepted` says whether the message was accepted all the same."""

    status: int
    accepted: bool = False
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer."""

    accepted: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """Reset the connection."""

    accepted: bool


Fate: TypeAlias = Answer | Fail | Hang | Drop


@dataclass(frozen=True, slots=True)
class Dice:
    """Four throws, each in [0, 1): which fault, before or after acceptance, which error, how slow."""

    fault: float
    moment: float
    error: float
    latency: float


def throw(seed: int, key: str, attempt: int) -> Dice:
    """Throw the dice of one attempt; the same arguments give the same throw."""
    digest = blake2b(f"{seed}:{key}:{attempt}".encode("utf-8", "replace"), digest_size=16).digest()
    return Dice(*(number / 2**32 for number in struct.unpack(">4I", digest)))


def decide(knobs: Knobs, dice: Dice, *, elapsed: timedelta) -> Fate:
    """Decide what becomes of a call that arrives `elapsed` after the provider's start."""
    if in_outage(knobs, elapsed):
        return Fail(_UNAVAILABLE)
    accepted = dice.moment < knobs.after_accepting
    if dice.fault < knobs.error_rate:
        status = _BROKEN if accepted else _BEFORE[int(dice.error * len(_BEFORE))]
        return Fail(status, accepted, knobs.retry_after if status == _THROTTLED else None)
    if dice.fault < knobs.error_rate + knobs.hang_rate:
        return Hang(accepted)
    if dice.fault < knobs.error_rate + knobs.hang_rate + knobs.drop_rate:
        return Drop(accepted)
    return Answer()


def latency(knobs: Knobs, dice: Dice) -> timedelta:
    """Return how long the answer takes."""
    return knobs.latency_min + dice.latency * (knobs.latency_max - knobs.latency_min)


def in_outage(knobs: Knobs, elapsed: timedelta) -> bool:
    """Say whether an outage holds; each span ends with its outage, so the provider starts well."""
    every = knobs.outage_every
    return every is not None and elapsed % every >= every - knobs.outage_length
