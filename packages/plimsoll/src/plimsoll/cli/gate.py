"""`plimsoll gate`: whether a build may pass - its budgets, and the comparison with a baseline."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from plimsoll.cli.budgeted import planned, thresholds_in
from plimsoll.cli.exit_codes import code_of_verdict
from plimsoll.cli.gate_options import Pair, design_of, pair_of, with_gate_options
from plimsoll.cli.hook import called, verdicts_of, words_of
from plimsoll.cli.judging import judged
from plimsoll.cli.load_options import wish_options
from plimsoll.cli.rounds import Rounds, plan_of_a_round, together
from plimsoll.compare import history, paired
from plimsoll.compare.account import markdown, plain, text
from plimsoll.compare.gate import Gated, gate
from plimsoll.compare.paired import Arm, Comparison, Design
from plimsoll.compare.store import RunStore
from plimsoll.errors import InvalidInput
from plimsoll.load.plan import Plan
from plimsoll.measure.run import Run
from plimsoll.measure.thresholds import Threshold, threshold_in_words

_REMEDY: Final = "give --run FILE, or --baseline-url and --candidate-url"


@click.command("gate")
@with_gate_options
def command(**given: Any) -> int:
    r"""Say whether a build may pass: budgets, and the comparison with a baseline.

    Of one result (--run) the budgets are judged: those it was made with, those of --budget and --scenario, and
    --threshold; with --store it is compared with stored runs of its name and machine. In pairs both builds are loaded
    in turn, a few seconds each, and the verdict is on the ratio; FLOW, --scenario or --rate say with what.

    \b
    plimsoll gate --run run.json --budget plimsoll.yaml --scenario smoke
    plimsoll gate --run run.json --store results --markdown comment.md
    plimsoll gate --baseline-url http://127.0.0.1:8001/ --candidate-url http://127.0.0.1:8002/ --rate 200
    plimsoll gate --baseline-cmd 'old/serve --port 8001' --baseline-url http://127.0.0.1:8001 \
                  --candidate-cmd 'new/serve --port 8002' --candidate-url http://127.0.0.1:8002 \
                  --budget plimsoll.yaml --scenario mixed --round 4s --on-violation './roll-back'
    """
    design, pair = design_of(given), pair_of(given)
    hook = words_of(given["on_violation"]) if given["on_violation"] else None
    wanted = verdicts_of(given["on_verdicts"])
    _check_page(given["markdown"])
    gated = _in_pairs(given, pair, design) if pair is not None else _of_a_result(given, design)
    account = plain(gated)
    if given["markdown"] is not None:
        given["markdown"].write_text(markdown(gated), encoding="utf-8")
    click.echo(json.dumps(account, indent=2) if given["as_json"] else text(gated), nl=given["as_json"])
    if hook is not None and gated.verdict in wanted and (wrong := called(hook, account)):
        click.echo(f"--on-violation: {wrong}; the verdict stands", err=True)
    return code_of_verdict(gated.verdict)


def _check_page(path: Path | None) -> None:
    if path is not None and not path.parent.is_dir():
        raise InvalidInput("--markdown", f"{path.parent} is no folder", "give another path")


def _of_a_result(given: Mapping[str, Any], design: Design) -> Gated:
    if given["run_file"] is None:
        raise InvalidInput("--run", "there is nothing to judge", _REMEDY)
    wanted = _thresholds(given)
    run = judged(given["run_file"], wanted)
    return gate(run, _with_store(run, given["store"], design))


def _thresholds(given: Mapping[str, Any]) -> list[Threshold]:
    found = [threshold_in_words(each) for each in given["thresholds"]]
    return [*(thresholds_in(given["budget"], given["scenario"]) if given["budget"] is not None else ()), *found]


def _with_store(run: Run, store: Path | None, design: Design) -> Comparison | None:
    return history.judge(run, RunStore(store).baselines(run), design) if store is not None else None


def _in_pairs(given: Mapping[str, Any], pair: Pair, design: Design) -> Gated:
    if given["run_file"] is not None or given["store"] is not None:
        raise InvalidInput("--run, --store", "pairs are measured anew", "leave them out, or leave the builds out")
    plan, thresholds = _plan(given, pair)
    return asyncio.run(_compared(plan, thresholds, pair, design, quiet=given["quiet"]))


def _plan(given: Mapping[str, Any], pair: Pair) -> tuple[Plan, tuple[Threshold, ...]]:
    """Return the plan of one round against the baseline; the other build takes its place in turn."""
    named = given["budget"] is not None or given["flow"] is not None
    shortcut = given["rate"] is not None or given["vus"] is not None
    if not named and not shortcut:
        raise InvalidInput("--rate", "it is not said with what load", "give --rate, --vus, FLOW or --scenario")
    wish = wish_options() | {name: given[name] for name in ("flow", "rate", "vus", "thresholds", "env", "header")}
    wish |= {"url": pair.builds[Arm.BASELINE].url, "processes": given["processes"]}
    wish |= {"length": f"{pair.round_length.total_seconds():g}s"} if shortcut else {}
    plan, thresholds = planned(wish, given["budget"], given["scenario"])
    return plan_of_a_round(plan, pair.round_length), thresholds


async def _compared(plan: Plan, thresholds: tuple[Threshold, ...], pair: Pair, design: Design, *, quiet: bool) -> Gated:
    def say(sentence: str) -> None:
        if not quiet:
            print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - progress, as it comes

    if (task := asyncio.current_task()) is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        async with Rounds(plan, pair.builds, _now, fresh=pair.fresh, progress=say) as rounds:
            comparison = await paired.compare(rounds.measure, design, say)
    except asyncio.CancelledError as error:
        raise click.Abort from error  # the builds have been stopped by now
    return gate(together(rounds.candidates, thresholds), comparison)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the command line is where the clock is taken
