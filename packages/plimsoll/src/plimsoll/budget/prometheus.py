"""Asks a Prometheus server: the one place that knows its HTTP API."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from plimsoll.errors import InvalidInput, TargetFailed

_PATIENCE: Final = 10.0  # seconds; an instant query of recorded series takes milliseconds
_SHOWN: Final = 200  # characters of an answer that is none


@dataclass(frozen=True, slots=True)
class Sample:
    """One series' value at present.

    Attributes:
        labels: With `__name__`, where it has one.
        value: In the base of its unit; may be NaN.
    """

    labels: Mapping[str, str]
    value: float


class Prometheus:
    """A server.

    Args:
        url: Its address, such as `http://127.0.0.1:9090`; `https://user:password@host/prefix` works too.

    Raises:
        InvalidInput: It is no address of HTTP.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidInput("--prometheus", f"{url!r} is no address", "write it as http://127.0.0.1:9090")
        at = parts.netloc.rpartition("@")[2]
        self.url = urlunsplit((parts.scheme, at, parts.path.rstrip("/"), "", ""))
        self._headers = {"Accept": "application/json", **_login(parts.username, parts.password)}

    def present(self, query: str) -> list[Sample]:
        """Return the answer to an instant query of a vector.

        Raises:
            TargetFailed: The server is away, or answers something else.
        """
        found = self._asked("query", query=query)["result"]
        return [Sample(each["metric"], float(each["value"][1])) for each in found]

    def records(self, name: str, labels: Mapping[str, str]) -> bool:
        """Return whether it has a rule that records a series of this name with these labels.

        Raises:
            TargetFailed: As `present`.
        """
        groups = self._asked("rules", type="record")["groups"]
        rules = [rule for group in groups for rule in group["rules"] if rule["name"] == name]
        return any(labels.items() <= rule.get("labels", {}).items() for rule in rules)

    def _asked(self, path: str, **parameters: str) -> Any:
        request = Request(f"{self.url}/api/v1/{path}?{urlencode(parameters)}", headers=self._headers)  # noqa: S310 - http or https, see above
        try:
            with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - as above
                return self._read(answer.read())
        except HTTPError as error:
            with error:
                detail = f"{self.url} answered {error.code}: {error.read()[:_SHOWN].decode(errors='replace')}"
            raise TargetFailed(f"status_{error.code}", detail) from error
        except (URLError, OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise TargetFailed("prometheus_away", f"no Prometheus answers at {self.url}: {reason}") from error

    def _read(self, body: bytes) -> Any:
        try:
            return json.loads(body)["data"]
        except (ValueError, KeyError, TypeError) as error:
            detail = f"what answers at {self.url} is no Prometheus: {body[:_SHOWN].decode(errors='replace')!r}"
            raise TargetFailed("not_prometheus", detail) from error


def _login(name: str | None, password: str | None) -> dict[str, str]:
    if name is None:
        return {}
    pair = f"{unquote(name)}:{unquote(password or '')}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
