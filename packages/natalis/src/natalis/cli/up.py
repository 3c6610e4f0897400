"""`natalis up`: everything in one process."""

from __future__ import annotations

import click

from natalis.cli.command import Command
from natalis.cli.output import Output, with_output
from natalis.cli.running import run


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
    run(output, given, verbose=verbose)
