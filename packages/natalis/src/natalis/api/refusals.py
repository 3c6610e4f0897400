"""From whatever was raised to an answer: the one exception handler of the application."""

from __future__ import annotations

import logging

from starlette.responses import Response

from natalis.api import problems
from natalis.api.problems import Refusal, answer_to
from natalis.api.shell import is_client_gone
from plimsoll.instrument.logs import request_id
from plimsoll.instrument.requests.asgi import Scope

_LOG = logging.getLogger("natalis.api")
_SERVER_ERROR = 500
_GONE = Refusal(problems.MALFORMED, "The client went away before the end of its request.")


def refuse(scope: Scope, error: Exception) -> Response:
    """Answer with problem details; log what was not foreseen, with its traceback."""
    if is_client_gone(scope):
        error = _GONE  # whatever that led to here: nobody reads the answer, and it is no fault of ours
    found = answer_to(error, request_id.get())
    if found.problem.status >= _SERVER_ERROR:
        _LOG.error("request failed", exc_info=error)
    return Response(found.body(), found.problem.status, found.headers, problems.MEDIA_TYPE)
