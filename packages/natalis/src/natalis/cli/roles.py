"""`natalis api|planner|dispatcher|worker`: one role of a fleet, run as often as there is work for it."""

from __future__ import annotations

import click

from natalis.cli.command import Command
from natalis.cli.output import Output, with_output
from natalis.cli.running import run
from natalis.runtime.roles import Role

_DOES = {
    Role.API: "Answer HTTP: run as many as requests need, behind a load balancer.",
    Role.PLANNER: "Make deliveries of the occasions that fire within the horizon; two are enough.",
    Role.DISPATCHER: "Hand what is due to the queue, and give back what was lost; two are enough.",
    Role.WORKER: "Send what is queued: run as many as the provider and the herd at nine need.",
}
_ABOUT = """

A fleet shares a PostgreSQL database (DATABASE_URL) and a queue (QUEUE_URL); on a SQLite file one process has every
role: `natalis up`. SIGTERM lets what was begun end first."""


def _command_of(role: Role) -> Command:
    @click.command(str(role), cls=Command, help=_DOES[role] + _ABOUT, examples=[f"natalis {role} --metrics-port 9464"])
    @click.option("--metrics-port", help="Port of /metrics and /health; 0 for none.  [default: 9464]")
    @click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
    @click.option("--verbose", is_flag=True, help="Log every message too.")
    @with_output
    def command(output: Output, *, verbose: bool, **given: str | None) -> None:
        run(output, given, verbose=verbose, roles=frozenset({role}))

    made: Command = command
    if role is Role.API:
        made.params.insert(1, click.Option(["--port"], help="Port of the API.  [default: 3000]"))
    return made


api, planner, dispatcher, worker = (_command_of(role) for role in Role)
