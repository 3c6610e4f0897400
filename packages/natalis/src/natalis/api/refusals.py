"""From whatever was raised to an answer: the one exception handler of the application."""

from __future__ import annotations

import logging
from typing import Any, cast

from litestar import Request, Response
from litestar.exceptions import HTTPException

from natalis.api import problems
from natalis.api.problems import Answer, FieldFault, Refusal, answer_to
from natalis.api.shell import is_client_gone, request_id_of
from plimsoll.instrument.asgi import Scope

_LOG = logging.getLogger("natalis.api")
_SERVER_ERROR = 500
_GONE = Refusal(problems.MALFORMED, "The client went away before the end of its request.")


def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer with problem details; log what was not foreseen, with its traceback."""
    scope = cast("Scope", request.scope)
    request_id = request_id_of(scope)
    if is_client_gone(scope):
        error = _GONE  # whatever that led to here: nobody reads the answer, and it is no fault of ours
    found = _answer(error, request_id)
    if found.problem.status >= _SERVER_ERROR:
        _LOG.error("request failed", exc_info=error, extra={"ecs": {"http.request.id": request_id}})
    return Response(
        found.body(), status_code=found.problem.status, headers=found.headers, media_type=problems.MEDIA_TYPE
    )


def _answer(error: Exception, request_id: str) -> Answer:
    if isinstance(error, HTTPException) and error.status_code < _SERVER_ERROR:
        return answer_to(_refusal(error), request_id)
    return answer_to(error, request_id)


def _refusal(error: HTTPException) -> Refusal:
    """Translate what Litestar itself refuses, by its status."""
    kind = problems.BY_STATUS.get(error.status_code, problems.MALFORMED)
    detail, faults = kind.explained, list[FieldFault]()
    if kind is problems.TOO_LARGE:
        faults = [FieldFault("body", "is too large", "send less at once")]
    elif kind is problems.MALFORMED:
        detail = error.detail
    return Refusal(kind, detail, faults, error.headers)
