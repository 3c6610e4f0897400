"""The machine and what is reached from it: Python, templates, ports, the provider."""

from __future__ import annotations

import asyncio
import socket
import sys
from urllib.parse import urlsplit

from natalis.clocks.system import SystemClock
from natalis.errors import InvalidInput, SettingsInvalid
from natalis.runtime.checkup.finding import Finding, ill, warning, well
from natalis.runtime.settings import Settings
from natalis.runtime.wiring import open_provider
from natalis.stores.sqlite.inspecting import holder_of
from natalis.wording.folder import load_templates

OLDEST, NEWEST = (3, 11), (3, 13)  # as in pyproject.toml
CONNECT_SECONDS = 5


def check_python() -> Finding:
    """Look at the interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return well("python", version)
    wanted = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    return warning("python", f"{version} is not among those tested", f"use {wanted}")


def check_templates(settings: Settings) -> Finding:
    """Parse every template."""
    try:
        known = load_templates(settings.templates, kinds=frozenset(settings.kinds)).known
    except SettingsInvalid as error:
        return ill("templates", "; ".join(error.problems), "mend what it names")
    return well("templates", f"{len(known)}, from {settings.templates or 'the package'}")


def ports_of(settings: Settings) -> tuple[tuple[str, int, str], ...]:
    """Return the ports to be listened on: what each is for, its number, and the variable that chooses it."""
    return (("api port", settings.port, "NATALIS_PORT"), ("metrics port", settings.metrics_port, "METRICS_PORT"))


def check_port(settings: Settings, name: str, port: int, variable: str) -> Finding:
    """See whether a port can be listened on."""
    if not port:
        return well(name, "none" if name == "metrics port" else "any that is free")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, port))
        except OSError as error:
            return _taken(name, settings, f"{settings.host}:{port}: {error.strerror}", variable)
    return well(name, f"{settings.host}:{port} is free")


async def check_provider(settings: Settings) -> Finding:
    """See whether the calls can be made as they are set up, and whether the e-mail service can be connected to."""
    if settings.provider_url is None:
        return well("provider", "console: messages are printed; NATALIS_PROVIDER_URL names a real one")
    try:
        await open_provider(settings, SystemClock()).close()
    except InvalidInput as error:
        return ill("provider", f"{error.field}: {error.problem}", error.remedy)
    url = urlsplit(settings.provider_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        connecting = asyncio.open_connection(url.hostname, port)
        _, writer = await asyncio.wait_for(connecting, CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        reason = str(error) or f"no answer within {CONNECT_SECONDS} s"
        remedy = "start it, open the way to it, or mend NATALIS_PROVIDER_URL; messages wait meanwhile"
        return warning("provider", f"{settings.provider_url} cannot be reached: {reason}", remedy)
    writer.close()
    return well("provider", f"{settings.provider_url} answers")


def _taken(name: str, settings: Settings, detail: str, variable: str) -> Finding:
    if settings.is_fleet:
        remedy = f"if another process of the fleet runs here all is well: give each a port of its own in {variable}"
        return warning(name, detail, remedy)
    holder = holder_of(settings.database_path)
    if holder is not None:
        return well(name, f"{detail}, by the service that runs as process {holder} it seems")
    return ill(name, detail, f"stop what listens there, or choose another in {variable}")
