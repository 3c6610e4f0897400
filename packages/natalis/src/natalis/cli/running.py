"""Running a process with some or all roles, until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any

import click

from natalis import __version__
from natalis.cli.opening import environment
from natalis.cli.output import Output
from natalis.cli.records import Record
from natalis.runtime.local import machine_clock
from natalis.runtime.observation import log
from natalis.runtime.roles import EVERY_ROLE, Role
from natalis.runtime.settings import Settings, choices, load
from natalis.runtime.up import Addresses, up

_VARIABLES = {
    "host": "NATALIS_HOST",
    "port": "NATALIS_PORT",
    "metrics_port": "METRICS_PORT",
    "provider": "NATALIS_PROVIDER_URL",
}


def run(
    output: Output, given: Mapping[str, str | None], *, verbose: bool, roles: Collection[Role] = EVERY_ROLE
) -> None:
    """Run until a signal comes; `given` holds options of the command line, which go before the environment."""
    everything = {"LOG_LEVEL": "debug"} if verbose else {}
    settings = load({**environment(click.get_current_context()), **_as_variables(given), **everything})
    log(settings, sys.stderr, as_json=output.as_json)
    running = up(settings, machine_clock(), announce=lambda where: _announce(output, settings, where), roles=roles)
    _runner()(running)
    output.note("stopped in order")


def _as_variables(given: Mapping[str, str | None]) -> dict[str, str]:
    variables = {_VARIABLES[name]: value for name, value in given.items() if name in _VARIABLES and value is not None}
    if given.get("database") is not None:
        variables["DATABASE_URL"] = f"sqlite:{given['database']}"
    return variables


def _announce(output: Output, settings: Settings, where: Addresses) -> None:
    database = str(choices()["database_url"].shown(settings.database_url)).removeprefix("sqlite:")
    record: Record = {
        "version": __version__,
        "api": where.api,
        "metrics": where.metrics,
        "provider": where.provider,
        "database": database,
    }
    printing = "console: messages are printed here; --provider URL sends them"
    provider = None if where.provider is None else (settings.provider_url or printing)
    api = None if where.api is None else f"{where.api}  (try {where.api}/docs)"
    shown = {"API": api, "metrics": where.metrics or "off", "database": database, "provider": provider}
    lines = [f"  {name:<9} {value}" for name, value in shown.items() if value is not None]
    output.answer(record, "\n".join([f"Natalis {__version__} is up; Ctrl-C stops it in order", *lines]))


def _runner() -> Callable[[Any], Any]:
    try:
        import uvloop  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return asyncio.run
    return uvloop.run
