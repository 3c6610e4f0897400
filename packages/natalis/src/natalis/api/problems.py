"""Problem details (RFC 9457): every way a request can be refused, and which error becomes which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from natalis import errors

MEDIA_TYPE = "application/problem+json"
ECHO_LIMIT = 200  # characters of a caller's own words in an answer


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One way of refusing.

    Attributes:
        slug: Names it; its `type` is `/docs#problem-SLUG`, which resolves to its explanation.
        status: The HTTP status.
        title: The same for every occurrence.
        explained: What it means and what to do, for the reference.
    """

    slug: str
    status: int
    title: str
    explained: str

    @property
    def type(self) -> str:
        """The `type` member: a reference to the explanation."""
        return f"/docs#problem-{self.slug}"


MALFORMED = ProblemKind(
    "malformed", 400, "The request cannot be read", "It is not JSON, not UTF-8, or not well-formed HTTP."
)
UNAUTHENTICATED = ProblemKind(
    "unauthenticated", 401, "A token is needed", "Send `Authorization: Bearer TOKEN`; `natalis token create` makes one."
)
NOT_PERMITTED = ProblemKind(
    "not-permitted", 403, "Not permitted", "The token lacks the scope, or a browser asked on another site's behalf."
)
NOT_FOUND = ProblemKind("not-found", 404, "There is no such thing", "It never existed, or it has been deleted.")
METHOD = ProblemKind(
    "method-not-allowed", 405, "The method is not allowed here", "The `Allow` header lists those that are."
)
NOT_ACCEPTABLE = ProblemKind("not-acceptable", 406, "No such representation", "Ask for another `Accept`.")
EMAIL_TAKEN = ProblemKind(
    "email-taken", 409, "The address is taken", "Another living user has it; find them with `GET /user?email=`."
)
ILLEGAL_TRANSITION = ProblemKind(
    "illegal-transition", 409, "The delivery cannot go there", "Its state does not allow the move; read it again."
)
PRECONDITION_FAILED = ProblemKind(
    "precondition-failed", 412, "It changed since you read it", "Read it again and repeat the change on what you find."
)
TOO_LARGE = ProblemKind(
    "too-large", 413, "The body is too large", "Send less at once; many people go to `POST /user/bulk`."
)
MEDIA = ProblemKind(
    "unsupported-media-type", 415, "The content type is not supported", "Name the `Content-Type` that is documented."
)
INVALID = ProblemKind(
    "invalid-input", 422, "Some fields cannot be right", "Every member of `errors` names a field and what is right."
)
REQUEST_KEY_REUSED = ProblemKind(
    "request-key-reused", 422, "The Idempotency-Key was used", "Use a new key for a new request."
)
TOO_FAST = ProblemKind("too-fast", 429, "Too many requests", "Wait as many seconds as `Retry-After` says.")
INTERNAL = ProblemKind(
    "internal", 500, "Something went wrong here", "It is no fault of the request; the log has it under `requestId`."
)
UNAVAILABLE = ProblemKind(
    "unavailable", 503, "A dependency is unavailable", "Repeat the request after `Retry-After` seconds."
)

KINDS = (
    MALFORMED,
    UNAUTHENTICATED,
    NOT_PERMITTED,
    NOT_FOUND,
    METHOD,
    NOT_ACCEPTABLE,
    EMAIL_TAKEN,
    ILLEGAL_TRANSITION,
    PRECONDITION_FAILED,
    TOO_LARGE,
    MEDIA,
    INVALID,
    REQUEST_KEY_REUSED,
    TOO_FAST,
    INTERNAL,
    UNAVAILABLE,
)

BY_ERROR: Mapping[type[errors.NatalisError], ProblemKind] = MappingProxyType(
    {
        errors.NatalisError: INTERNAL,
        errors.InvalidInput: INVALID,
        errors.UnknownZone: INVALID,
        errors.InvalidFields: INVALID,
        errors.NotFound: NOT_FOUND,
        errors.EmailTaken: EMAIL_TAKEN,
        errors.PreconditionFailed: PRECONDITION_FAILED,
        errors.RequestKeyReused: REQUEST_KEY_REUSED,
        errors.IllegalTransition: ILLEGAL_TRANSITION,
        errors.NotPermitted: NOT_PERMITTED,
        errors.SettingsInvalid: INTERNAL,
        errors.StoreUnavailable: UNAVAILABLE,
        errors.TransportUnavailable: UNAVAILABLE,
        errors.ProviderUnavailable: UNAVAILABLE,
        errors.ServiceStalled: UNAVAILABLE,
    }
)


class FieldFault(Struct, frozen=True, rename="camel"):
    """A field that cannot be right, and what would be."""

    field: Annotated[
        str, Meta(description="Its name as sent; `body` for the body as a whole.", examples=["birthdayDate"])
    ]
    problem: Annotated[
        str, Meta(description="What is wrong with it.", examples=["2023-02-29 does not exist in the calendar"])
    ]
    remedy: Annotated[str, Meta(description="What would be right.", examples=["use a date that exists"])]


class Problem(Struct, frozen=True, rename="camel"):
    """Why a request was refused, as RFC 9457 has it."""

    type: Annotated[
        str, Meta(description="Names the kind; resolves to its explanation.", examples=["/docs#problem-invalid-input"])
    ]
    title: Annotated[str, Meta(description="The kind in words.", examples=["Some fields cannot be right"])]
    status: Annotated[int, Meta(description="The HTTP status once more.", examples=[422])]
    detail: Annotated[
        str, Meta(description="What happened this time.", examples=["birthdayDate: 2023-02-29 does not exist"])
    ]
    errors: Annotated[list[FieldFault], Meta(description="One for every faulty field; empty when it is no field's.")]
    request_id: Annotated[
        str,
        Meta(
            description="What the log calls the request; also in `X-Request-Id`.",
            examples=["0190c3f25dfb7c8e8f6b5a4d3c2b1a09"],
        ),
    ] = ""


class Refusal(Exception):
    """What the front door itself refuses: HTTP's own rules, before any use case is called.

    Args:
        kind: Which problem it is.
        detail: What happened this time.
        faults: The fields at fault.
        headers: To be sent with the answer.
    """

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        faults: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.faults = faults
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Answer:
    """A problem ready to be sent."""

    problem: Problem
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """Return it as JSON."""
        return msgspec.json.encode(self.problem)


def answer_to(error: Exception, request_id: str = "") -> Answer:
    """Return what a caller is told about an error; nothing at all about one that was not foreseen."""
    if isinstance(error, Refusal):
        return _answer(error.kind, error.detail, error.faults, error.headers, request_id)
    kind = _kind_of(error)
    if kind is INTERNAL:
        return _answer(kind, "Nothing is wrong with the request; it failed here.", (), {}, request_id)
    headers = {"Retry-After": "5"} if kind is UNAVAILABLE else {}
    detail = "The request may be repeated in a while." if kind is UNAVAILABLE else str(error).replace("\n", ". ")
    return _answer(kind, detail, faults_of(error), headers, request_id)


def faults_of(error: Exception) -> list[FieldFault]:
    """Return the fields that an error of the core is about."""
    match error:
        case errors.InvalidFields(problems=problems):
            faults = [_fault(problem) for problem in problems]
        case errors.InvalidInput():
            faults = [_fault(error)]
        case errors.EmailTaken():
            faults = [FieldFault("email", "belongs to another user", "use another address, or change that user")]
        case errors.PreconditionFailed(expected=expected, actual=actual):
            faults = [FieldFault("If-Match", f"names {expected}, found {actual}", "read the user again")]
        case errors.RequestKeyReused():
            faults = [FieldFault("Idempotency-Key", "was used for another request", "use a new key")]
        case errors.IllegalTransition(found=found, wanted=wanted):
            faults = [FieldFault("status", f"is {found}", f"only some states can become {wanted}")]
        case errors.NotFound(what=what):
            faults = [FieldFault("id", f"there is no such {what}", f"use the id of a {what} as listed")]
        case _:
            faults = []
    return faults


def _kind_of(error: Exception) -> ProblemKind:
    for ancestor in type(error).__mro__:
        if ancestor in BY_ERROR:
            return BY_ERROR[ancestor]
    return INTERNAL


def _fault(problem: errors.InvalidInput) -> FieldFault:
    return FieldFault(_shown(problem.field), _shown(problem.problem), _shown(problem.remedy))


def _answer(
    kind: ProblemKind, detail: str, faults: Sequence[FieldFault], headers: Mapping[str, str], request_id: str
) -> Answer:
    shown = [FieldFault(_shown(fault.field), _shown(fault.problem), _shown(fault.remedy)) for fault in faults]
    return Answer(
        Problem(kind.type, kind.title, kind.status, _shown(detail, 10 * ECHO_LIMIT), shown, request_id), dict(headers)
    )


def _shown(text: str, limit: int = ECHO_LIMIT) -> str:
    """Return a caller's own words cut short, and without what UTF-8 cannot carry."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return short.encode("utf-8", "replace").decode()
