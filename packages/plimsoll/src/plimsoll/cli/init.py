"""`plimsoll init`: a first budget file and a first flow for a service."""

from __future__ import annotations

from pathlib import Path

import click

from plimsoll.budget.asking.server import Place
from plimsoll.budget.beginnings import Seen, budget_file, flow, seen_in, with_gaps
from plimsoll.errors import InvalidInput, TargetFailed

_PATH = "/metrics"
_NOTHING = Seen(None, None, ())


@click.command("init")
@click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("plimsoll.yaml"), metavar="[FILE]"
)
@click.option("--url", required=True, metavar="URL", help="Where the service answers.")
@click.option("--metrics", metavar="URL", help="Where its /metrics is, if not there: a port of their own, say.")
@click.option("--service", metavar="NAME", help="What it is called, if its metrics do not say.")
def command(file: Path, url: str, metrics: str | None, service: str | None) -> None:
    r"""Write a first budget file for a running service, and a first flow beside it.

    What the service answers is learned from its /metrics; ask it for each of its pages once before. A service without
    metrics gets budgets that load tests alone can judge.

    \b
    plimsoll init --url http://127.0.0.1:8000
    plimsoll init --url https://shop.example --metrics http://10.0.0.7:9464
    """
    beside = file.with_name("flow.py")
    for path in (file, beside):
        if path.exists():
            raise InvalidInput("FILE", f"{path} is there already", "remove it, or name a file in another folder")
    place = Place("--url", url, "http://127.0.0.1:8000")
    seen = _seen(place if metrics is None else Place("--metrics", metrics.removesuffix(_PATH), "http://127.0.0.1:9464"))
    name = service or seen.service or file.absolute().parent.name or "service"
    for path, text in ((file, budget_file(name, place.url, seen)), (beside, flow(name, seen))):
        path.write_text(text, encoding="utf-8")
        click.echo(f"written {path}")
    for route in with_gaps(seen):
        click.echo(f"fill in what stands in braces in {beside}: {route}")


def _seen(place: Place) -> Seen:
    try:
        seen = seen_in(place.get(_PATH, "service").decode())
    except TargetFailed as error:
        if not error.code.startswith("status_"):
            raise
        seen = _NOTHING
    except ValueError:
        seen = _NOTHING
    if seen.dialect is None:
        click.echo(f"{place.url}{_PATH} tells nothing of requests that is known: budgets are for load tests alone")
    else:
        words = f"{len(seen.endpoints)} endpoint{'' if len(seen.endpoints) == 1 else 's'}"
        click.echo(f"found {words} in {place.url}{_PATH}, in the dialect {seen.dialect}")
    return seen
