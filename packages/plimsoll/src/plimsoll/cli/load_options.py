"""The options of `plimsoll load run` that say what is to be done, and what they come to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from plimsoll.errors import InvalidInput
from plimsoll.load.plan import Target
from plimsoll.load.planning import Wish
from plimsoll.measure.durations import duration_of
from plimsoll.measure.thresholds import threshold_in_words

_OPTIONS = (
    click.argument("flow", required=False, type=click.Path(path_type=Path), metavar="[FLOW]"),
    click.option("--url", metavar="URL", help="What to call; with FLOW, what its paths are put behind."),
    click.option("--rate", type=float, help="Iterations a second that start whatever the service does."),
    click.option("--vus", type=int, help="Users; with --rate, how many there are from the start."),
    click.option("--max-vus", type=int, help="With --rate: how many users there may come to be."),
    click.option("--iterations", type=int, help="How many iterations all users do together."),
    click.option("--stages", metavar="2m:100,5m:100", help="Lengths and targets: of users, with --rate of its rate."),
    click.option("--for", "length", metavar="30s", help="How long."),
    click.option("--threshold", "thresholds", multiple=True, metavar="METRIC:CONDITION", help="What shall be so."),
    click.option("--env", multiple=True, metavar="NAME=VALUE", help="What flows are told: session.env, os.environ."),
    click.option("--tag", multiple=True, metavar="NAME=VALUE", help="A tag on all that is recorded."),
    click.option("--method", default="GET", show_default=True, help="Without FLOW: how to call."),
    click.option("--header", multiple=True, metavar="NAME:VALUE", help="A header of each request."),
    click.option("--body", default="", metavar="TEXT", help="Without FLOW: what to send."),
    click.option("--timeout", metavar="60s", help="For a whole request."),
    click.option("--insecure", is_flag=True, help="Any certificate will do."),
    click.option("--seed", type=int, help="What the users' chance comes from."),
    click.option(
        "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Engines; a core each."
    ),
    click.option(
        "--shard",
        metavar="I/N",
        help="Do the I-th of N equal parts, for `load merge`; job/N: the part of this pod of an Indexed Job.",
    ),
    click.option(
        "--no-setup", is_flag=True, help="Leave setup out: for all shards but one, where they share what it made."
    ),
    click.option("--no-teardown", is_flag=True, help="Leave teardown out."),
    click.option("--time-scale", type=float, default=1.0, help="Divide all durations by this; the report says so."),
)


def with_load_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def wish_options() -> dict[str, Any]:
    """Return these options as they are when nobody gives any, by the names that `wish_of` takes."""
    return click.command()(with_load_options(lambda: None)).make_context("run", []).params


def wish_of(
    *,
    flow: Path | None,
    url: str | None,
    thresholds: tuple[str, ...],
    env: tuple[str, ...],
    tag: tuple[str, ...],
    method: str,
    header: tuple[str, ...],
    body: str,
    timeout: str | None,
    insecure: bool,
    seed: int | None,
    processes: int,
    shard: str | None,
    time_scale: float,
    no_setup: bool,
    no_teardown: bool,
    **load: Any,
) -> Wish:
    """Return what these options ask for.

    Raises:
        InvalidInput: One of them cannot be.
    """
    if flow is None and url is None:
        raise InvalidInput("--url", "there is nothing to load", "give --url URL, or a file of flows")
    if not time_scale > 0:
        raise InvalidInput("--time-scale", f"{time_scale:g} divides nothing", "give a number above 0, such as 60")
    number, shards = _shard(shard)
    headers = _pairs("--header", header, ":")
    calling: dict[str, Any] = {"headers": headers} if headers else {}
    calling |= {"timeout": duration_of(timeout, "--timeout")} if timeout else {}
    calling |= {"insecure": True} if insecure else {}
    return Wish(
        file=flow,
        target=Target(_address(url), method.upper(), {}, body) if url is not None else None,
        load=_load(plain_url=flow is None, **load),
        thresholds=tuple(threshold_in_words(each) for each in thresholds),
        env=_pairs("--env", env, "="),
        calling=calling,
        tags=_pairs("--tag", tag, "="),
        seed=seed,
        processes=processes,
        shard=number,
        shards=shards,
        time_scale=time_scale,
        set_up=not no_setup,
        tear_down=not no_teardown,
    )


def _load(
    *,
    plain_url: bool,
    rate: float | None,
    vus: int | None,
    max_vus: int | None,
    iterations: int | None,
    stages: str | None,
    length: str | None,
) -> Mapping[str, Any]:
    """Return the shortcuts that were given, by the names of `options`."""
    given = {
        "rate": rate,
        "vus": vus,
        "maxVUs": max_vus,
        "iterations": iterations,
        "stages": _stages(stages) if stages else None,
        "duration": length,
    }
    found = {key: value for key, value in given.items() if value is not None}
    if plain_url and not found:
        return {"vus": 1, "iterations": 1}
    if found and not stages and iterations is None and length is None and (plain_url or rate is not None):
        raise InvalidInput("--for", "it is not said how long", "give --for 30s, --stages or --iterations")
    return found


def _stages(text: str) -> list[dict[str, Any]]:
    found = []
    for each in text.split(","):
        length, colon, target = each.strip().partition(":")
        if not colon or not re.fullmatch(r"\d+(\.\d+)?", target):
            raise InvalidInput("--stages", f"{each!r} is no stage", "write length:target, such as 2m:100,5m:100")
        found.append({"duration": length, "target": float(target)})
    return found


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 0, 1
    if text.startswith("job/"):
        text = f"{_index_of_job() + 1}/{text.removeprefix('job/')}"
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise InvalidInput("--shard", f"{text!r} is no part", "write it as 1/3: the first of three")
    return int(found[1]) - 1, int(found[2])


def _index_of_job() -> int:
    """Return which pod of an Indexed Job of Kubernetes this is, from 0 on."""
    index = os.environ.get("JOB_COMPLETION_INDEX", "")
    if not index.isdecimal():
        raise InvalidInput("--shard", "JOB_COMPLETION_INDEX is not set", "run it in an Indexed Job, or write it as 1/3")
    return int(index)


def _address(url: str) -> str:
    if not re.match(r"https?://[^/]", url):
        raise InvalidInput("--url", f"{url!r} is no address", "give one that starts with http:// or https://")
    return url


def _pairs(option: str, texts: tuple[str, ...], by: str) -> dict[str, str]:
    for each in texts:
        if by not in each:
            raise InvalidInput(option, f"{each!r} has no {by}", f"write NAME{by}VALUE")
    return {name.strip(): value.strip() for name, _, value in (each.partition(by) for each in texts)}
