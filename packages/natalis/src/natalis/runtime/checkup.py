"""The check-up behind `natalis doctor`: every dependency looked at, each with what to do when it is not well."""

from __future__ import annotations

import asyncio
import enum
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from natalis.api.access import is_loopback
from natalis.errors import NatalisError, SettingsInvalid, StoreUnavailable
from natalis.ports.clock import Clock
from natalis.runtime.settings import Settings
from natalis.runtime.wiring import Application, open_application
from natalis.stores.sqlite.inspecting import Inspection, holder_of, inspect
from natalis.wording.folder import load_templates
from natalis.zones.pinned import TzdataZones

OLDEST, NEWEST = (3, 11), (3, 13)  # as in pyproject.toml
LITTLE_SPACE = 1 << 30  # bytes: an import of a million people takes about half of it
CONNECT_SECONDS = 5


class State(enum.StrEnum):
    """How it is."""

    WELL = "well"
    WARNING = "warning"  # it works, and will not always
    ILL = "ill"  # `natalis up` would not start, or not do its work


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: What was looked at.
        state: How it is.
        detail: What was found, in a clause.
        remedy: What to do; empty when all is well.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


def _well(name: str, detail: str) -> Finding:
    return Finding(name, State.WELL, detail)


async def check_up(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Check everything, one thing after the other; never raises."""
    checks: list[tuple[str, Callable[[], Awaitable[Finding]]]] = [
        ("python", lambda: asyncio.to_thread(check_python)),
        ("templates", lambda: asyncio.to_thread(check_templates, settings)),
        ("database", lambda: asyncio.to_thread(check_database, settings)),
        ("disk", lambda: asyncio.to_thread(check_disk, settings)),
        ("time zones", lambda: check_zones(settings, clock)),
        ("tokens", lambda: check_tokens(settings, clock)),
        ("api port", lambda: asyncio.to_thread(check_port, "api port", settings, settings.port, "NATALIS_PORT")),
        (
            "metrics port",
            lambda: asyncio.to_thread(check_port, "metrics port", settings, settings.metrics_port, "METRICS_PORT"),
        ),
        ("provider", lambda: check_provider(settings)),
    ]
    for name, check in checks:
        try:
            yield await check()
        except NatalisError as error:
            yield Finding(name, State.ILL, str(error), "see to what it says, then run `natalis doctor` again")
        except OSError as error:
            yield Finding(name, State.ILL, str(error), "check that it is there and that you may use it")


def check_python() -> Finding:
    """Look at the interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return _well("python", version)
    wanted = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    return Finding("python", State.WARNING, f"{version} is not among those tested", f"use {wanted}")


def check_templates(settings: Settings) -> Finding:
    """Parse every template."""
    try:
        known = load_templates(settings.templates, kinds=frozenset(settings.kinds)).known
    except SettingsInvalid as error:
        return Finding("templates", State.ILL, "; ".join(error.problems), "mend what it names")
    return _well("templates", f"{len(known)}, from {settings.templates or 'the package'}")


def check_database(settings: Settings) -> Finding:
    """Look at the file: there, readable, whole, and then whatever `_check_file` asks."""
    path = settings.database_path
    if not path.exists():
        return _check_folder(path)
    try:
        found = inspect(path, thoroughly=True)
    except StoreUnavailable as error:
        return Finding("database", State.ILL, str(error), "restore a backup, or name another file in DATABASE_URL")
    if found.faults:
        remedy = "stop the service, then restore a backup or run `sqlite3 FILE .recover`"
        return Finding("database", State.ILL, f"{path} is damaged: {found.faults[0]}", remedy)
    return _check_file(path, found)


def _check_file(path: Path, found: Inspection) -> Finding:
    if not found.is_ours and found.has_tables:
        return Finding("database", State.ILL, f"{path} belongs to another program", "name another file in DATABASE_URL")
    if not _writable(path):
        return Finding("database", State.ILL, f"{path} may not be written", "give this user the right to write it")
    if found.missing:
        detail = f"{path} lacks {len(found.missing)} migration(s)"
        return Finding("database", State.WARNING, detail, "`natalis migrate --apply` adds them, and so does a start")
    holder = holder_of(path)
    running = f", run by process {holder}" if holder else ""
    return _well("database", f"{path}, whole, version {found.version}{running}")


def check_disk(settings: Settings) -> Finding:
    """See how much space is left beside the database."""
    folder = settings.database_path.absolute().parent
    if not folder.is_dir():
        return Finding("disk", State.ILL, f"{folder} does not exist", f"make it: mkdir -p {folder}")
    free = shutil.disk_usage(folder).free
    detail = f"{free / (1 << 30):.1f} GB free in {folder}"
    if free < LITTLE_SPACE:
        return Finding("disk", State.WARNING, detail, "make room: with a full disk nothing can be marked as sent")
    return _well("disk", detail)


async def check_zones(settings: Settings, clock: Clock) -> Finding:
    """Compare the zone database that runs with the one that the stored fire times were computed with."""
    running = TzdataZones().version
    if not _is_current(settings):
        return _well("time zones", f"tzdata {running}")
    async with _opened(settings, clock) as application:
        recorded = await application.move_zones.recorded_version()
    if recorded in {None, running}:
        return _well("time zones", f"tzdata {running}")
    detail = f"fire times were computed with tzdata {recorded}, and {running} is installed"
    return Finding(
        "time zones", State.WARNING, detail, "`natalis tz preview` shows who moves, `natalis tz apply` does it"
    )


async def check_tokens(settings: Settings, clock: Clock) -> Finding:
    """See whether an API that others can reach has a token."""
    if is_loopback(settings.host):
        return _well("tokens", f"not needed on {settings.host}")
    count = 0
    if _is_current(settings):
        async with _opened(settings, clock) as application:
            count = len(await application.tokens.list())
    if count:
        return _well("tokens", f"{count}")
    detail = f"none, and {settings.host} can be reached by others"
    return Finding("tokens", State.ILL, detail, "make one: `natalis token create NAME --scope write`")


def check_port(name: str, settings: Settings, port: int, variable: str) -> Finding:
    """See whether a port can be listened on."""
    if not port:
        return _well(name, "none" if name == "metrics port" else "any that is free")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, port))
        except OSError as error:
            return _taken(name, settings, f"{settings.host}:{port}: {error.strerror}", variable)
    return _well(name, f"{settings.host}:{port} is free")


async def check_provider(settings: Settings) -> Finding:
    """See whether the e-mail service can be connected to."""
    if settings.provider_url is None:
        return _well("provider", "console: messages are printed; NATALIS_PROVIDER_URL names a real one")
    url = urlsplit(settings.provider_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        connecting = asyncio.open_connection(url.hostname, port)
        _, writer = await asyncio.wait_for(connecting, CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        reason = str(error) or f"no answer within {CONNECT_SECONDS} s"
        remedy = "start it, open the way to it, or mend NATALIS_PROVIDER_URL; messages wait meanwhile"
        return Finding("provider", State.WARNING, f"{settings.provider_url} cannot be reached: {reason}", remedy)
    writer.close()
    return _well("provider", f"{settings.provider_url} answers")


def _opened(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Application]:
    # with the packaged templates: another check says what is wrong with the operator's own
    return open_application(replace(settings, templates=None), clock)


def _check_folder(path: Path) -> Finding:
    folder = path.absolute().parent
    if not folder.is_dir():
        return Finding("database", State.ILL, f"the folder {folder} does not exist", f"make it: mkdir -p {folder}")
    if not _writable(folder):
        return Finding("database", State.ILL, f"{folder} may not be written", "give this user the right to write there")
    return _well("database", f"{path} will be made at the first start")


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK)


def _taken(name: str, settings: Settings, detail: str, variable: str) -> Finding:
    holder = holder_of(settings.database_path)
    if holder is not None:
        return _well(name, f"{detail}, by the service that runs as process {holder} it seems")
    return Finding(name, State.ILL, detail, f"stop what listens there, or choose another in {variable}")


def _is_current(settings: Settings) -> bool:
    """Whether the file can be opened without migrating it, which a check-up must not do."""
    path = settings.database_path
    try:
        return path.exists() and not inspect(path, thoroughly=False).missing
    except StoreUnavailable:  # the check of the database says so
        return False
