"""The file of tests of a service's rules, for `promtool test rules`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from plimsoll.budget.dashboards.showing import links_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import mark
from plimsoll.budget.promises import Promise
from plimsoll.budget.promql import duration
from plimsoll.budget.rules.burn_trials import burn_trials, long_burst
from plimsoll.budget.rules.cost_trials import cost_trials
from plimsoll.budget.rules.recorded import has_error_budget
from plimsoll.budget.rules.rendered import groups_in, seen_promises
from plimsoll.budget.rules.threshold_trials import threshold_trials
from plimsoll.budget.rules.trial import Trial
from plimsoll.budget.rules.written import yaml_of

_SAMPLES: Final = 5
"""Values of a counter in the window that its rate looks at."""
_FEWEST: Final = 2
"""As `_SAMPLES`, where there would be more steps than promtool bears: a rate takes two."""
_STEPS: Final = (10.0, 12.0, 15.0, 20.0, 30.0, 60.0)
"""Seconds between values where they have to be far apart: an alert must wait for a whole number of them."""
_MOST_STEPS: Final = 9_000
"""Of one test; promtool refuses a query that reads 10,000 values of a series."""


def trials(file: BudgetFile, rules: str) -> str:
    """Return the file of tests.

    Args:
        file: Whose.
        rules: Where the rules are, from the tests' folder on.
    """
    step = _step(seen_promises(file))
    document = {
        "rule_files": [rules],
        "evaluation_interval": duration(step),
        # What is recorded before what reads it: then a test's answer is of its own minute.
        "group_eval_order": [group.name for group in groups_in(file) if group.rules],
        "tests": [trial.written(step) for trial in trials_of(file)],
    }
    return f"# {mark(file.service.name)}\n{yaml_of(document)}"


def trials_of(file: BudgetFile) -> Iterator[Trial]:
    """Yield every trial of a file's rules."""
    promises, links = seen_promises(file), links_of(file)
    step = _step(promises)
    yield from threshold_trials(links, promises, step)
    yield from burn_trials(links, promises, step)
    yield from cost_trials(file, step)


def _step(promises: Iterable[Promise]) -> float:
    """Return the seconds between two values: several in every window, and no longer than any alert waits.

    They are more where a budget lasts so long beside the window of its rate that its test would have too many steps.
    """
    promises = tuple(promises)
    rates = [promise.rate / _SAMPLES for promise in promises]
    waits = [each.budget.alert.lasts.value for each in promises if each.budget.alert is not None]
    usual = max(1.0, float(int(min([*rates, *(wait for wait in waits if wait), 60.0]))))
    longest = max((long_burst(each) for each in promises if has_error_budget(each)), default=0.0)
    if longest / usual <= _MOST_STEPS:
        return usual
    coarsest = float(int(min(promise.rate / _FEWEST for promise in promises)))
    fitting = (each for each in _STEPS if all(wait % each == 0 for wait in waits))
    return next((each for each in fitting if longest / _MOST_STEPS <= each <= coarsest), coarsest)
