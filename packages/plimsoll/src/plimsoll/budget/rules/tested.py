"""The file of tests of a service's rules, for `promtool test rules`."""

from __future__ import annotations

from collections.abc import Iterator

from plimsoll.budget.dashboards.showing import links_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import mark
from plimsoll.budget.promql import duration
from plimsoll.budget.rules.burn_trials import burn_trials
from plimsoll.budget.rules.cost_trials import cost_trials
from plimsoll.budget.rules.pace import pace_of
from plimsoll.budget.rules.rendered import groups_in, seen_promises
from plimsoll.budget.rules.threshold_trials import threshold_trials
from plimsoll.budget.rules.trial import Trial
from plimsoll.budget.rules.written import yaml_of


def trials(file: BudgetFile, rules: str) -> str:
    """Return the file of tests.

    Args:
        file: Whose.
        rules: Where the rules are, from the tests' folder on.
    """
    pace = pace_of(seen_promises(file))
    document = {
        "rule_files": [rules],
        "evaluation_interval": duration(pace.evaluated),
        # What is recorded before what reads it: then a test's answer is of its own minute.
        "group_eval_order": [group.name for group in groups_in(file) if group.rules],
        "tests": [trial.written(pace.fed) for trial in trials_of(file)],
    }
    return f"# {mark(file.service.name)}\n{yaml_of(document)}"


def trials_of(file: BudgetFile) -> Iterator[Trial]:
    """Yield every trial of a file's rules."""
    promises, links = seen_promises(file), links_of(file)
    step = pace_of(promises).evaluated
    yield from threshold_trials(links, promises, step)
    yield from burn_trials(links, promises, step)
    yield from cost_trials(file, step)
