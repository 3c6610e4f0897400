"""Prometheus, with the configuration and rules it is given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from natalis.testing.servers import ports, programs
from natalis.testing.servers.asking import Refused, ask
from natalis.testing.servers.server import Server


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of an answer.

    Attributes:
        labels: With `__name__`, where it has one.
        value: At the time of the query.
    """

    labels: Mapping[str, str]
    value: float


class Prometheus(Server):
    """Prometheus that keeps its data in its folder.

    Args:
        configuration: The text of `prometheus.yml`; relative paths in it lie in the server's folder, and `${PORT}`
            is its own port.
        files: Further files by name, such as rules.
        flags: What it is started with besides.
    """

    name: ClassVar[str] = "prometheus"

    def __init__(self, configuration: str, files: Mapping[str, str] | None = None, *flags: str) -> None:
        super().__init__()
        self.file: Path = self.folder / "prometheus.yml"
        self._flags = flags
        self.configure(configuration, files)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def configure(self, configuration: str, files: Mapping[str, str] | None = None) -> None:
        """Give it another configuration, for its next start or `reload`."""
        for name, text in (files or {}).items():
            (self.folder / name).write_text(text)
        self.file.write_text(configuration.replace("${PORT}", str(self.port)))

    def check(self) -> None:
        """Have promtool judge the configuration and its rules.

        Raises:
            ProgramFailed: It refuses them; with its reason.
        """
        programs.run([programs.find("promtool"), "check", "config", str(self.file)])

    def reload(self) -> None:
        """Have it read its configuration again.

        Raises:
            Refused: It does not accept it, and goes on with the old one.
        """
        ask(self.port, "POST", "/-/reload")

    def query(self, expression: str) -> list[Sample]:
        """Ask for an instant vector, or a scalar, now.

        Raises:
            Refused: It is no expression; with the reason.
        """
        found = self._api("query", query=expression)
        if found["resultType"] == "scalar":
            return [Sample({}, float(found["result"][1]))]
        return [Sample(each["metric"], float(each["value"][1])) for each in found["result"]]

    def exemplars(self, expression: str) -> list[Mapping[str, str]]:
        """Return the labels of the examples of what an expression selects; it was started with storage for them."""
        found = self._api("query_exemplars", query=expression)
        return [exemplar["labels"] for each in found for exemplar in each["exemplars"]]

    def alerts(self) -> list[dict[str, Any]]:
        """Return pending and firing alerts: each with `labels`, `annotations`, `state` and `value`."""
        alerts: list[dict[str, Any]] = self._api("alerts")["alerts"]
        return alerts

    def targets(self) -> list[dict[str, Any]]:
        """Return what it scrapes: each with `labels`, `health` and `lastError`."""
        targets: list[dict[str, Any]] = self._api("targets", state="active")["activeTargets"]
        return targets

    def rules(self) -> list[dict[str, Any]]:
        """Return all rules: each with `name`, `query`, `health` and `lastError`."""
        return [rule for group in self._api("rules")["groups"] for rule in group["rules"]]

    def _api(self, path: str, **parameters: str) -> Any:
        return json.loads(ask(self.port, "GET", f"/api/v1/{path}?{urlencode(parameters)}"))["data"]

    def _command(self) -> Sequence[str]:
        return [
            programs.find("prometheus"),
            *(f"--config.file={self.file}", f"--storage.tsdb.path={self.folder / 'data'}"),
            *(f"--web.listen-address={ports.LOOPBACK}:{self.port}", "--web.enable-lifecycle"),
            *self._flags,
        ]

    def _is_ready(self) -> bool:
        try:
            ask(self.port, "GET", "/-/ready")
        except (OSError, Refused):
            return False
        return True
