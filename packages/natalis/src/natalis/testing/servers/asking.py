"""One HTTP request to a server of this machine, and its answer."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any

from natalis.testing.servers import ports

_PATIENCE = 5.0  # seconds for an answer that takes milliseconds


class Refused(RuntimeError):
    """A server answered with an error; the message holds what it said."""


def ask(port: int, method: str, path: str, body: Any = None) -> str:
    """Send one request and return the answer's text.

    Args:
        port: Of the server, on this machine.
        method: Such as `GET`.
        path: With its query.
        body: Sent as JSON; nothing is sent where it is None.

    Raises:
        OSError: It does not answer within five seconds.
        Refused: Its status is none of 2xx.
    """
    with closing(http.client.HTTPConnection(ports.LOOPBACK, port, timeout=_PATIENCE)) as connection:
        sent = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, sent, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        except http.client.HTTPException as error:
            raise ConnectionError(f"{method} {path} was cut off") from error
    if answer.status // 100 != 2:  # noqa: PLR2004 - the class of a status
        raise Refused(f"{method} {path} answered {answer.status}: {text}")
    return text
