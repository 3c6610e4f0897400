"""The options of `plimsoll gate`: what is judged, beside what, and what is done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from plimsoll.cli.budgeted import with_budget_options
from plimsoll.cli.builds import Build
from plimsoll.cli.results import figures_of, with_figures
from plimsoll.cli.shares import share_of
from plimsoll.compare.paired import Arm, Design
from plimsoll.errors import InvalidInput
from plimsoll.measure.durations import duration_of

_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
SHORTEST_ROUND: Final = timedelta(milliseconds=500)
"""Below it an engine's start takes longer than what it measures."""
_OPTIONS = (
    click.argument("flow", required=False, type=click.Path(path_type=Path), metavar="[FLOW]"),
    click.option("--run", "run_file", type=_FILE, metavar="FILE", help="Judge this result; k6's summaries too."),
    click.option("--store", type=_FOLDER, metavar="FOLDER", help="With --run: beside the runs stored here."),
    click.option("--baseline-url", metavar="URL", help="In pairs: where the baseline answers."),
    click.option("--candidate-url", metavar="URL", help="In pairs: where the candidate answers."),
    click.option("--baseline-cmd", metavar="CMD", help="How to start the baseline; no shell is asked."),
    click.option("--candidate-cmd", metavar="CMD", help="How to start the candidate."),
    click.option("--ready", default="/", show_default=True, metavar="PATH", help="What answers once a build is ready."),
    click.option("--ready-within", default="60s", show_default=True, metavar="60s", help="How long that may take."),
    click.option("--fresh", is_flag=True, help="Start a build anew for each round (always when both have one URL)."),
    click.option("--rate", type=float, help="In pairs, without a scenario: requests a second."),
    click.option("--vus", type=int, help="In pairs: users instead of, or with, a rate."),
    click.option("--round", "round_length", default="5s", show_default=True, metavar="5s", help="Length of a round."),
    click.option("--rounds", type=click.IntRange(5), default=10, show_default=True, help="Pairs before a verdict."),
    click.option("--max-rounds", type=click.IntRange(5), default=60, show_default=True, help="Pairs at most."),
    click.option("--noise-rounds", type=click.IntRange(0), default=8, show_default=True, help="Pairs of A/A first."),
    click.option("--tolerance", default="5%", show_default=True, help="A slowdown of so much is a regression."),
    click.option(
        "--threshold", "thresholds", multiple=True, metavar="METRIC:CONDITION", help="A budget, in k6's words."
    ),
    click.option("--env", multiple=True, metavar="NAME=VALUE", help="What flows are told."),
    click.option("--header", multiple=True, metavar="NAME:VALUE", help="A header of each request."),
    click.option(
        "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Engines; a core each."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON; progress stays on standard error."),
    click.option("--markdown", type=_FILE, metavar="FILE", help="A comment for the pull request."),
    click.option("--on-violation", metavar="CMD", help="Call this on REGRESSED, such as what rolls back; no shell."),
    click.option("--on", "on_verdicts", default="REGRESSED", show_default=True, help="On which verdicts."),
    click.option("--quiet", is_flag=True, help="No progress."),
)


def with_gate_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options, `--budget`, `--scenario` and `--figure`."""
    made = with_budget_options(with_figures(command))
    for option in reversed(_OPTIONS):
        made = option(made)
    return made


@dataclass(frozen=True, slots=True)
class Pair:
    """What is compared in pairs.

    Attributes:
        builds: The two.
        fresh: Whether each round starts its own.
        round_length: Of one round.
    """

    builds: Mapping[Arm, Build]
    fresh: bool
    round_length: timedelta


def design_of(given: Mapping[str, Any]) -> Design:
    """Return how a comparison is made.

    Raises:
        InvalidInput: A figure or the tolerance is none.
    """
    rounds = given["rounds"]
    return Design(
        figures=figures_of(given["figures"]),
        tolerance=share_of("--tolerance", given["tolerance"], "5% or 0.05"),
        noise_rounds=given["noise_rounds"],
        rounds=rounds,
        limit=max(rounds, given["max_rounds"]),
    )


def pair_of(given: Mapping[str, Any]) -> Pair | None:
    """Return what is compared in pairs; None where that was not asked for.

    Raises:
        InvalidInput: One of the two is missing.
    """
    names = ("baseline_url", "candidate_url", "baseline_cmd", "candidate_cmd")
    if not any(given[name] for name in names):
        return None
    for name in names[:2]:
        if not given[name]:
            remedy = "give the address at which it answers; with a command too"
            raise InvalidInput(f"--{name.replace('_', '-')}", "it is not said", remedy)
    if bool(given["baseline_cmd"]) != bool(given["candidate_cmd"]):
        raise InvalidInput("--baseline-cmd, --candidate-cmd", "one of them is missing", "give both or neither")
    same = given["baseline_url"] == given["candidate_url"]
    if same and not given["baseline_cmd"]:
        raise InvalidInput("--candidate-url", "it is the baseline's", "give another, or commands that take turns there")
    within = duration_of(given["ready_within"], "--ready-within")
    builds = {arm: _build(given[f"{arm}_url"], given[f"{arm}_cmd"], given["ready"], within) for arm in Arm}
    length = duration_of(given["round_length"], "--round")
    if length < SHORTEST_ROUND:
        raise InvalidInput("--round", f"{given['round_length']} is too short", "give at least 500ms")
    return Pair(builds, given["fresh"] or same, length)


def _build(url: str, command: str | None, ready: str, within: timedelta) -> Build:
    origin = "/".join(url.split("/", 3)[:3])
    return Build(url, command, f"{origin}/{ready.removeprefix('/')}", within)
