"""How promises stand, as tables for a terminal and as plain values for JSON."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from plimsoll.budget.alerts import BURN
from plimsoll.budget.asking.standing import UNJUDGED, Burning, Standing, State
from plimsoll.budget.explaining.explanations import rate_in_words
from plimsoll.budget.measures import Up
from plimsoll.budget.promql import duration
from plimsoll.budget.quantities import quantity, share, time
from plimsoll.budget.sides import Good

_NARROWEST: Final = 100
_STYLES: Final = {
    Standing.KEPT: "green",
    Standing.CROSSED: "bold red",
    Standing.EXHAUSTED: "bold red",
    Standing.IDLE: "dim",
    Standing.NO_DATA: "yellow",
    Standing.NO_RULE: "yellow",
}
_BAR: Final = 10
_NEARLY: Final = 0.99
_MINUTE: Final = 60


def shown(service: str, states: Sequence[State]) -> str:
    """Return the tables, and what they come to in sentences."""
    budgeted = [each for each in states if each.promise.budget.window is not None]
    others = [each for each in states if each.promise.budget.window is None]
    console = Console(
        file=StringIO(),
        width=max(_NARROWEST, shutil.get_terminal_size().columns),
        force_terminal=Console().is_terminal,
        highlight=False,
    )
    if budgeted:
        console.print(_table(f"Error budgets of {service}", _head(budgeted), map(_budgeted, budgeted)))
    if budgeted and others:
        console.print()
    if others:
        head = ("promise", "at present", "must be", "aimed at", "")
        console.print(_table(f"Other promises of {service}", head, map(_bound, others)))
    for line in _sentences(states):
        console.print(line, markup=False, soft_wrap=True)
    return str(console.file.getvalue()).rstrip()  # type: ignore[attr-defined]  # the StringIO above


def plain(service: str, states: Iterable[State]) -> dict[str, Any]:
    """Return the same as plain values: shares of 1, seconds, and `null` where there is no data."""
    states = tuple(states)
    return {
        "service": service,
        "kept": sum(each.standing is Standing.KEPT for each in states),
        "broken": sum(each.standing.is_broken for each in states),
        "unjudged": sum(each.standing in UNJUDGED for each in states),
        "promises": [_plain(each) for each in states],
    }


def _plain(state: State) -> dict[str, Any]:
    promise = state.promise
    found: dict[str, Any] = {
        **promise.labels,
        "indicator": promise.indicator.name,
        "standing": state.standing.value,
        "value": state.value,
        "bound": promise.bound,
        "target": promise.budget.target.value,
    }
    if promise.budget.window is not None:
        found |= {
            "window": promise.budget.window.value,
            "known": state.known,
            "objective": promise.objective,
            "good": state.good,
            "remaining": state.remaining,
            "burn": {duration(each.window): each.pace for each in state.burns},
            "empty_in": state.empty,
        }
    return found


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[Text | str]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, name in enumerate(head):
        table.add_column(name, justify="left" if number == 0 or not name else "right", no_wrap=number > 0)
    for row in rows:
        table.add_row(*row)
    return table


def _head(states: Sequence[State]) -> Sequence[str]:
    windows = dict.fromkeys(tuple(burn.window for burn in each.burns) for each in states)
    names = [f"burn {time(each)}" for each in next(iter(windows))] if len(windows) == 1 else ["burn", "burn, longer"]
    return ("promise", "good", "objective", "over", "budget left", *names, "gone in", "")


def _budgeted(state: State) -> Sequence[Text | str]:
    window, objective = state.promise.budget.window, state.promise.objective
    return (
        _name(state),
        _or_dash(state.good, share),
        _or_dash(objective, share),
        _or_dash(window.value if window else None, time),
        _left(state),
        *(_pace(each) for each in state.burns),
        _or_dash(state.empty, time),
        _standing(state),
    )


def _bound(state: State) -> Sequence[Text | str]:
    promise = state.promise
    unit, sign = promise.indicator.unit, "≤" if promise.indicator.good is Good.BELOW else "≥"
    now = "-" if state.value is None else quantity(state.value, unit)
    return _name(state), now, f"{sign} {promise.budget.bound.text}", promise.budget.target.text, _standing(state)


def _name(state: State) -> str:
    endpoint = state.promise.endpoint
    return state.promise.budget.name + (f" of {endpoint.name}" if endpoint else "")


def _left(state: State) -> Text | str:
    if state.remaining is None:
        return "-"
    filled = round(max(0.0, min(1.0, state.remaining)) * _BAR)
    return Text(f"{share(state.remaining)} {'█' * filled}{'░' * (_BAR - filled)}", _STYLES[state.standing])


def _pace(burn: Burning) -> str:
    return "-" if burn.pace is None else f"{burn.pace:.2f}x"


def _standing(state: State) -> Text:
    return Text(state.standing.value, _STYLES[state.standing])


def _or_dash(value: float | None, words: Any) -> str:
    return "-" if value is None else str(words(value))


def _why(state: State) -> str:
    """Return why a promise cannot be judged."""
    promise = state.promise
    if state.standing is Standing.NO_RULE:
        return "Prometheus has no rule of it: render the rules again, and have it reload them"
    if state.standing is Standing.NO_DATA and isinstance(promise.measure, Up):
        return "its instances are not scraped yet: ask again in a minute"
    if state.standing is Standing.NO_DATA:
        return "nothing is recorded: its source is not scraped, or it has not happened even once"
    if promise.budget.window is not None:
        return f"no traffic: nothing happened in {time(promise.budget.window.value)}"
    few, looked = rate_in_words(promise.traffic), time(promise.rate)
    return f"too little traffic: fewer than {few} in {looked}, of which a share says nothing"


def _young(states: Iterable[State]) -> Iterator[str]:
    """Yield of how much of their windows error budgets know, where that is not nearly all."""
    found: dict[str, list[str]] = {}
    for state in states:
        window = state.promise.budget.window
        if window is None or state.known is None or state.remaining is None or state.known > _NEARLY * window.value:
            continue
        known = f"{time(state.known)} are known" if state.known > _MINUTE else "a minute at most is known"
        found.setdefault(f"{time(window.value)}, of which {known}", []).append(_name(state))
    for much, names in found.items():
        yield f"{', '.join(names)}: {much}; an error budget begins when Prometheus has its rules."


def _alert(state: State) -> str | None:
    """Return the alert on what is broken: an error budget has always one, a bound only where the file names one."""
    if state.standing is Standing.EXHAUSTED:
        return BURN
    return state.promise.budget.alert.name if state.promise.budget.alert else None


def _sentences(states: Sequence[State]) -> Iterator[str]:
    yield ""
    broken = [each for each in states if each.standing.is_broken]
    kept = [each for each in states if each.standing is Standing.KEPT]
    for each in broken:
        alert = _alert(each)
        more = f" - plimsoll slo explain {alert}" if alert else ""
        yield f"✗ {_name(each)} is {each.standing}{more}"
    unjudged = Counter(each.standing for each in states if each.standing in UNJUDGED)
    rest = ", ".join(f"{unjudged[standing]} {standing}" for standing in UNJUDGED if unjudged[standing])
    yield f"{len(kept)} of {len(states)} promises kept, {len(broken)} broken{rest and f', {rest}'}."
    reasons: dict[tuple[Standing, str], list[str]] = {}
    for state in states:
        if state.standing in UNJUDGED:
            reasons.setdefault((state.standing, _why(state)), []).append(_name(state))
    for (standing, why), names in reasons.items():
        yield f"{standing}: {', '.join(names)} - {why}."
    yield from _young(states)
    others = [_name(each) for each in states if each.bound is not None]
    if others:
        yield f"Prometheus goes by other bounds than the file; render its rules again and reload: {', '.join(others)}."
