"""The verdict on a run: what was posted and what was marked `sent`, message by message, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What both ends know after a run.

    Attributes:
        posted: How often the provider received each idempotency key.
        keyless: Calls that carried none.
        refused: Calls that the provider could not read.
        sent: When each message was sent, by the same key, as the contender's database has it, committed.
    """

    posted: Mapping[str, int]
    keyless: int
    refused: int
    sent: Mapping[str, datetime]


def faults(evidence: Evidence, *, count: int, due: datetime) -> list[str]:
    """Return what is wrong, a sentence each; nothing when every message was posted once and is marked `sent`.

    Args:
        evidence: What both ends know.
        count: How many messages there are.
        due: When they were; nothing may be sent before.
    """
    posted, sent = evidence.posted, evidence.sent
    findings = {
        "marked sent, never posted": [key for key in sent if key not in posted],
        "posted, never marked sent": [key for key in posted if key not in sent],
        "posted more than once": [key for key, times in posted.items() if times > 1],
        "sent before it was due": [key for key, at in sent.items() if at < due],
    }
    said = [f"{len(keys):,} {what}, such as {_examples(keys)}" for what, keys in findings.items() if keys]
    if len(sent) != count:
        said.append(f"{len(sent):,} of {count:,} are marked sent")
    if evidence.keyless:
        said.append(f"{evidence.keyless:,} posted without an idempotency key")
    if evidence.refused:
        said.append(f"{evidence.refused:,} posted that the provider could not read")
    return said


def _examples(keys: list[str]) -> str:
    return ", ".join(islice(keys, _EXAMPLES))
