"""The verdict on a run: what was posted and what was marked `sent`, message by message, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What both ends know after a run.

    Attributes:
        posted: How often the provider received each idempotency key.
        keyless: Calls that carried none.
        refused: Calls that the provider could not read.
        early: Calls that it received before anything was due.
        sent: When each message was sent, by the same key, as the contender's database has it, committed.
    """

    posted: Mapping[str, int]
    keyless: int
    refused: int
    early: int
    sent: Mapping[str, datetime]


def faults(evidence: Evidence, *, count: int, due: datetime) -> list[str]:
    """Return what is wrong, a sentence each; nothing when every message was posted once and is marked `sent`.

    Args:
        evidence: What both ends know.
        count: How many messages there are.
        due: When they were; nothing may be sent before.
    """
    posted, sent = evidence.posted, evidence.sent
    said = faults_halfway(evidence, due=due)
    said += _say("posted, never marked sent", [key for key in posted if key not in sent])
    if len(sent) != count:
        said.append(f"{len(sent):,} of {count:,} are marked sent")
    return said


def faults_halfway(evidence: Evidence, *, due: datetime) -> list[str]:
    """Return what is wrong with a run that was stopped: then what was under way may be posted and not marked."""
    posted, sent = evidence.posted, evidence.sent
    return [
        *_say("marked sent, never posted", [key for key in sent if key not in posted]),
        *_say("posted more than once", [key for key, times in posted.items() if times > 1]),
        *_say("marked sent at an instant before it was due", [key for key, at in sent.items() if at < due]),
        *([f"{evidence.early:,} posted before they were due"] if evidence.early else []),
        *([f"{evidence.keyless:,} posted without an idempotency key"] if evidence.keyless else []),
        *([f"{evidence.refused:,} posted that the provider could not read"] if evidence.refused else []),
    ]


def _say(what: str, keys: list[str]) -> list[str]:
    return [f"{len(keys):,} {what}, such as {', '.join(keys[:_EXAMPLES])}"] if keys else []
