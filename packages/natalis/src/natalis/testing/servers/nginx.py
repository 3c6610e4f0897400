"""nginx, running the configuration it is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from natalis.testing.servers import ports, programs
from natalis.testing.servers.server import Server

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_HTTP = re.compile(r"^\s*http\s*\{", re.MULTILINE)


class Nginx(Server):
    """nginx with a prefix, pid file and log of its own.

    The configuration is a whole `nginx.conf`. It listens on the server's port where it says `${PORT}`; relative paths
    lie in the server's folder, and so do the temporary files, and the access log unless it says where that goes
    (`access.log`). It must not say `daemon` or `pid`.

    Args:
        configuration: the text.
    """

    name: ClassVar[str] = "nginx"

    def __init__(self, configuration: str) -> None:
        super().__init__()
        self.file: Path = self.folder / "nginx.conf"
        self.configure(configuration)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def configure(self, configuration: str) -> None:
        """Give it another configuration, for its next start."""
        self.file.write_text(_with_own_places(configuration.replace("${PORT}", str(self.port))))

    def check(self) -> None:
        """Have nginx judge the configuration, as `nginx -t` does.

        Raises:
            ProgramFailed: it refuses it; with its reason.
        """
        programs.run([*self._command(), "-t"])

    def launch(self) -> None:
        """Start it without waiting, if its configuration is right (see `check`)."""
        self.check()
        super().launch()

    def _command(self) -> Sequence[str]:
        own = f"daemon off; pid {self.folder / 'nginx.pid'};"
        return [programs.find("nginx"), "-p", str(self.folder), "-e", "stderr", "-c", str(self.file), "-g", own]

    def _is_ready(self) -> bool:
        return ports.answers(self.port)


def _with_own_places(configuration: str) -> str:
    """Debian builds nginx with places of the machine, which only root may use and which no test should."""
    own = [f"{kind}_temp_path" for kind in _TEMPORARY if f"{kind}_temp_path" not in configuration]
    lines = [f"{directive} {directive};" for directive in own]
    if "access_log" not in configuration:
        lines.append("access_log access.log;")
    return _HTTP.sub(lambda http: " ".join([http[0], *lines]), configuration, count=1)
