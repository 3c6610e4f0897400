"""One HTTP request of a text, by the standard library: what Prometheus recorded, what a service exposes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from plimsoll.errors import InvalidInput, TargetFailed

_PATIENCE: Final = 10.0  # seconds, for what takes milliseconds
_SHOWN: Final = 200  # characters of an answer that is none


class Place:
    """A server.

    Args:
        option: What to call its address in an error.
        url: Its address, such as `http://127.0.0.1:9090`; `https://user:password@host/prefix` works too.
        example: An address that would be right.

    Raises:
        InvalidInput: It is no address of HTTP.
    """

    def __init__(self, option: str, url: str, example: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidInput(option, f"{url!r} is no address", f"write it as {example}")
        at = parts.netloc.rpartition("@")[2]
        self.url = urlunsplit((parts.scheme, at, parts.path.rstrip("/"), "", ""))
        self._headers = _login(parts.username, parts.password)

    def get(self, path: str, what: str) -> bytes:
        """Return what it answers.

        Args:
            path: Below its address, with a slash before it.
            what: What should answer there, for an error.

        Raises:
            TargetFailed: Nothing answers, or with an error.
        """
        request = Request(f"{self.url}{path}", headers=dict(self._headers))  # noqa: S310 - http or https, see above
        try:
            with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - as above
                return bytes(answer.read())
        except HTTPError as error:
            with error:
                detail = f"{self.url} answered {error.code}: {shortened(error.read())}"
            raise TargetFailed(f"status_{error.code}", detail) from error
        except (OSError, HTTPException) as error:  # URLError is an OSError
            reason = getattr(error, "reason", error)
            raise TargetFailed("no_answer", f"no {what} answers at {self.url}: {reason}") from error


def shortened(body: bytes) -> str:
    """Return the beginning of an answer, for an error."""
    return body[:_SHOWN].decode(errors="replace")


def _login(name: str | None, password: str | None) -> Mapping[str, str]:
    if name is None:
        return {}
    pair = f"{unquote(name)}:{unquote(password or '')}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
