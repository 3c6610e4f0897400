"""Asks a Prometheus server: the one place that knows its HTTP API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from plimsoll.budget.asking.server import Place, shortened
from plimsoll.errors import TargetFailed


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
        self._place = Place("--prometheus", url, "http://127.0.0.1:9090")

    @property
    def url(self) -> str:
        """Its address, without a password."""
        return self._place.url

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
        body = self._place.get(f"/api/v1/{path}?{urlencode(parameters)}", "Prometheus")
        try:
            return json.loads(body)["data"]
        except (ValueError, KeyError, TypeError) as error:
            detail = f"what answers at {self.url} is no Prometheus: {shortened(body)!r}"
            raise TargetFailed("not_prometheus", detail) from error
