"""`natalis mock-provider`: an e-mail service that counts what it receives and fails as it is told to."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import click

from natalis.cli.command import Command
from natalis.cli.output import Output, with_output
from natalis.cli.span import Span
from natalis.mock_provider.knobs import Knobs
from natalis.mock_provider.server import serve
from natalis.runtime.local import machine_clock
from natalis.runtime.supervision import stop_on_signals

DEFAULT_PORT = 3030


@click.command(
    cls=Command,
    examples=[
        "natalis mock-provider",
        "natalis mock-provider --flawless --port 3030",
        "natalis mock-provider --error-rate 0.3 --hang-rate 0.01 --outage-every 5m --outage-length 30s --seed 1",
    ],
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=int, default=DEFAULT_PORT, show_default=True, help="Port to listen on; 0 picks a free one."
)
@click.option("--flawless", is_flag=True, help="Never fail, answer at once; other knobs turn on from there.")
@click.option("--error-rate", type=float, help="Share of calls answered 429, 500 or 503.  [default: 0.1]")
@click.option("--hang-rate", type=float, help="Share of calls never answered.  [default: 0]")
@click.option("--drop-rate", type=float, help="Share of calls whose connection is reset.  [default: 0]")
@click.option("--after-accepting", type=float, help="Share of faults after the message was accepted.  [default: 0.5]")
@click.option("--latency-min", type=Span(), help="Shortest time to an answer.  [default: 50ms]")
@click.option("--latency-max", type=Span(), help="Longest time to an answer.  [default: 200ms]")
@click.option("--hang", type=Span(), help="How long a call that is never answered is held.  [default: 60s]")
@click.option("--retry-after", type=Span(), help="What a 429 asks for; 0s for no wish.  [default: 1s]")
@click.option("--outage-every", type=Span(), help="One outage in each such span; none without it.")
@click.option("--outage-length", type=Span(), help="How long each outage lasts.  [default: 0s]")
@click.option(
    "--recognises-repeats/--forgets-repeats", default=None, help="Whether a repeated key is delivered once only."
)
@click.option("--seed", type=int, help="The same calls meet the same faults in every run.")
@with_output
def command(output: Output, host: str, port: int, *, flawless: bool, **turned: Any) -> None:
    """Run an e-mail service for trials that fails on demand.

    It takes `POST /send-email` and counts what it receives per idempotency key. `GET /stats` tells what it received,
    `POST /knobs` turns the knobs while it runs, `POST /reset` forgets.
    """
    knobs = knobs_from(turned, flawless=flawless)
    asyncio.run(_run(output, knobs, host, port))


def knobs_from(turned: dict[str, Any], *, flawless: bool) -> Knobs:
    """Return the knobs, with those turned that were given; raises `InvalidInput`."""
    given = {name: value for name, value in turned.items() if value is not None}
    if given.get("retry_after") == timedelta(0):
        given["retry_after"] = None
    untouched = Knobs.flawless() if flawless else Knobs()
    return Knobs(**{name: given.get(name, getattr(untouched, name)) for name in untouched.__struct_fields__} | given)


async def _run(output: Output, knobs: Knobs, host: str, port: int) -> None:
    running = await serve(knobs, machine_clock(), host=host, port=port)
    try:
        output.answer({"url": running.url, "port": running.port}, f"mock provider on {running.url} (Ctrl-C stops it)")
        stopping = asyncio.Event()
        with stop_on_signals(stopping):
            await stopping.wait()
    finally:
        totals = running.provider.register.totals
        await running.close()
    output.note(f"received {totals['received']}, accepted {totals['accepted']}, doubled {totals['doubled']}")
