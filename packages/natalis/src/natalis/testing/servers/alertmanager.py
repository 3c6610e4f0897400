"""Alertmanager, with the configuration it is given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from natalis.testing.servers import ports, programs
from natalis.testing.servers.asking import Refused, ask
from natalis.testing.servers.server import Server


class Alertmanager(Server):
    """Alertmanager alone, without a cluster.

    Args:
        configuration: The text of `alertmanager.yml`; relative paths in it lie in the server's folder.
        files: Further files by name, such as templates and secrets.
    """

    name: ClassVar[str] = "alertmanager"

    def __init__(self, configuration: str, files: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.file: Path = self.folder / "alertmanager.yml"
        self.configure(configuration, files)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def configure(self, configuration: str, files: Mapping[str, str] | None = None) -> None:
        """Give it another configuration, for its next start or `reload`."""
        for name, text in (files or {}).items():
            (self.folder / name).write_text(text)
        self.file.write_text(configuration)

    def check(self) -> None:
        """Have amtool judge the configuration.

        Raises:
            ProgramFailed: It refuses it; with its reason.
        """
        programs.run([programs.find("amtool"), "check-config", str(self.file)])

    def receivers_of(self, **labels: str) -> list[str]:
        """Return whom its routes choose for an alert with these labels, by amtool."""
        pairs = [f"{name}={value}" for name, value in labels.items()]
        routes = ["config", "routes", "test", f"--config.file={self.file}"]
        return programs.run([programs.find("amtool"), *routes, *pairs]).strip().split(",")

    def reload(self) -> None:
        """Have it read its configuration again.

        Raises:
            Refused: It does not accept it, and goes on with the old one.
        """
        ask(self.port, "POST", "/-/reload")

    def post(self, *alerts: Mapping[str, Any]) -> None:
        """Give it alerts: each with `labels`, and `annotations`, `startsAt`, `endsAt` where wanted."""
        ask(self.port, "POST", "/api/v2/alerts", alerts)

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts it has: each with `labels`, `receivers`, and `status` (`inhibitedBy`, `silencedBy`)."""
        alerts: list[dict[str, Any]] = json.loads(ask(self.port, "GET", "/api/v2/alerts"))
        return alerts

    def _command(self) -> Sequence[str]:
        return [
            programs.find("prometheus-alertmanager"),
            *(f"--config.file={self.file}", f"--storage.path={self.folder / 'data'}"),
            *(f"--web.listen-address={ports.LOOPBACK}:{self.port}", "--cluster.listen-address="),
        ]

    def _is_ready(self) -> bool:
        try:
            ask(self.port, "GET", "/-/ready")
        except (OSError, Refused):
            return False
        return True
