"""What an answer of the HTTP e-mail service means, decided by the answer alone.

| answer | outcome |
|---|---|
| 2xx, `success` true | delivered, under `messageId` |
| 2xx, `success` false | deferred: the service says it has not taken the message, not that it never will; the limit of attempts ends a refusal that stays one |
| 2xx, anything else | unknown: accepted perhaps, and it cannot be told |
| 3xx | deferred, as an outage: the service has moved, which no message is to blame for; it is not followed |
| 408, 425, 429 | deferred, with `Retry-After` |
| other 4xx | refused |
| 503 | deferred, as an outage, with `Retry-After` |
| 502, 504 | unknown, as an outage, with `Retry-After` |
| other 5xx | unknown, with `Retry-After` |

A 5xx other than 503 may have come after the message was accepted (a gateway gave up waiting, the service fell over while it
answered). Where the service recognises a repeated idempotency key it is simply repeated; but a change of the user's date
must not make another message of the same year, under another key, and so `unknown` is the honest word there too.
"""  # noqa: E501 - a table row is one line

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import msgspec

from natalis.domain.outcome import Deferred, Delivered, Outcome, Refused, Unknown
from natalis.domain.template import one_line

LONGEST_WAIT = timedelta(hours=24)
"""A `Retry-After` beyond this is read as this: by then the message is missed anyway."""
_DETAIL_LIMIT = 200  # characters of an answer that the ledger keeps
_ID_LIMIT = 200
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_OUTAGES = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came.

    Attributes:
        status: The HTTP status.
        body: The body; None when it broke off or was too long to read.
        retry_after: The header of that name.
    """

    status: int
    body: bytes | None
    retry_after: str | None = None


class Reply(msgspec.Struct):
    """The body of an answer that was understood."""

    success: bool
    messageId: str | int | None = None  # noqa: N815 - the service's own name


_REPLIES = msgspec.json.Decoder(Reply)


def judge(answer: Answer, *, now: datetime) -> Outcome:
    """Say what an answer means; the table is at the top of this module.

    Args:
        answer: The answer.
        now: The present instant (UTC), for a `Retry-After` that is a date.
    """
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return _judge_success(answer, now)
    detail = f"HTTP {status}{_excerpt(answer.body)}"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Deferred(f"{detail}; the service has moved, and PROVIDER_URL must follow", outage=True)
    retry_after = read_retry_after(answer.retry_after, now=now)
    if status in _LATER or status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Deferred(detail, retry_after, outage=status in _OUTAGES)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unknown(detail, retry_after, outage=status in _OUTAGES)
    return Refused(detail)


def read_retry_after(header: str | None, *, now: datetime) -> timedelta | None:
    """Read `Retry-After`: seconds or an HTTP date (RFC 9110 section 10.2.3); None when it says nothing sensible.

    A date that has passed is no wait at all; a wait is at most `LONGEST_WAIT`.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta(0)), LONGEST_WAIT)


def _judge_success(answer: Answer, now: datetime) -> Outcome:
    try:
        reply = _REPLIES.decode(answer.body or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Unknown(f"HTTP {answer.status}{_excerpt(answer.body)}; the answer cannot be read")
    if reply.success:
        return Delivered("" if reply.messageId is None else one_line(str(reply.messageId))[:_ID_LIMIT])
    detail = f"HTTP {answer.status}{_excerpt(answer.body)}"
    return Deferred(detail, read_retry_after(answer.retry_after, now=now))


def _excerpt(body: bytes | None) -> str:
    text = one_line((body or b"")[: 4 * _DETAIL_LIMIT].decode("utf-8", "replace")).strip()
    return f": {text[:_DETAIL_LIMIT]}" if text else ""
