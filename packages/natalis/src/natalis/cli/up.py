"""`natalis up`: everything in one process."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Any

import click

from natalis import __version__
from natalis.cli.command import Command
from natalis.cli.opening import environment
from natalis.cli.output import Output, with_output
from natalis.runtime.local import machine_clock
from natalis.runtime.settings import Settings, load
from natalis.runtime.up import Addresses, up
from natalis.telemetry.logs import log_to


@click.command(
    cls=Command,
    examples=[
        "natalis up",
        "natalis up --port 8080 --database /var/lib/natalis/people.db",
        "natalis up --provider http://127.0.0.1:3030",
    ],
)
@click.option("--host", help="Address to listen on; anything but loopback needs a token first.  [default: 127.0.0.1]")
@click.option("--port", help="Port of the API.  [default: 3000]")
@click.option("--metrics-port", help="Port of /metrics; 0 for none.  [default: 9464]")
@click.option("--database", metavar="FILE", help="The SQLite file.  [default: natalis.db]")
@click.option("--provider", metavar="URL", help="HTTP e-mail service; without it messages are printed.")
@click.option("--verbose", is_flag=True, help="Log every message too.")
@with_output
def command(output: Output, *, verbose: bool, **given: str | None) -> None:
    """Run the whole service on this machine, API and /docs included.

    Ctrl-C (or SIGTERM) lets the calls under way end, writes what came of them, and stops. Every option is also a
    setting: `natalis settings` lists them all.
    """
    settings = load({**environment(click.get_current_context()), **_as_settings(given)})
    log_to(sys.stderr, as_json=output.as_json, level=logging.DEBUG if verbose else logging.INFO)
    _runner()(up(settings, machine_clock(), announce=lambda where: _announce(output, settings, where)))
    output.note("stopped in order")


def _as_settings(given: dict[str, str | None]) -> dict[str, str]:
    database = given.pop("database")
    variables = {
        "NATALIS_HOST": given["host"],
        "NATALIS_PORT": given["port"],
        "METRICS_PORT": given["metrics_port"],
        "DATABASE_URL": None if database is None else f"sqlite:{database}",
        "NATALIS_PROVIDER_URL": given["provider"],
    }
    return {name: value for name, value in variables.items() if value is not None}


def _announce(output: Output, settings: Settings, where: Addresses) -> None:
    record = {"version": __version__, "api": where.api, "metrics": where.metrics, "provider": where.provider}
    printing = "console: messages are printed here; --provider URL sends them"
    lines = [
        f"Natalis {__version__} is up; Ctrl-C stops it in order",
        f"  API       {where.api}  (try {where.api}/docs)",
        f"  metrics   {where.metrics or 'off'}",
        f"  database  {settings.database_path}",
        f"  provider  {printing if settings.provider_url is None else settings.provider_url}",
    ]
    output.answer({**record, "database": str(settings.database_path)}, "\n".join(lines))


def _runner() -> Callable[[Any], Any]:
    try:
        import uvloop  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return asyncio.run
    return uvloop.run
