"""A run as one HTML file that needs nothing else: no network, no other file, and no script to be read.

Everything that came from a run is escaped where it is written, and the page's policy lets no script run but its own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from plimsoll.measure.conditions import condition_in
from plimsoll.measure.durations import in_words
from plimsoll.measure.run import Judged
from plimsoll.report import pictures, words
from plimsoll.report.findings import Findings

ROWS: Final = 100
"""How many rows a table has at most; what is beyond is said in a line below it."""
_LONGEST: Final = 240


@dataclass(frozen=True, slots=True)
class Card:
    """A figure that is seen first: what it is, what it is worth, and a word beside it."""

    name: str
    value: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A threshold as it is shown: its sign and word, and how far the actual figure is from the bound.

    Attributes:
        judged: The threshold.
        mark: Its sign.
        word: What came of it, in a word.
        actual: The figure.
        filled: How much of the bar it fills, in percent; None where a bar says nothing.
        bound: Where the bound stands on it, in percent.
    """

    judged: Judged
    mark: str
    word: str
    actual: str
    filled: float | None
    bound: float


def html_page(found: Findings) -> str:
    """Return a run as a page."""
    script = _text("page.js")
    return _environment().get_template("page.html").render(
        found=found,
        sentence=words.verdict(found),
        cards=_cards(found),
        thresholds=[_row(each) for each in sorted(found.thresholds, key=lambda each: each.holds is not False)],
        over_time=list(pictures.over_time(found)),
        distribution=list(pictures.distribution(found)),
        groups=_metrics(found),
        rows=ROWS,
        style=_text("page.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        burned=words.burned(found),
        shortened=words.shortened(found),
    )  # fmt: skip


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("plimsoll.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"sort_keys": False}  # what is read off a plot stands in its own order
    made.filters.update(
        ms=words.milliseconds,
        share=words.share,
        count=words.count,
        rate=words.rate,
        clean=_shown,
        length=len,
        lasting=words.lasting,
        clock=lambda seconds: in_words(timedelta(seconds=seconds)),
    )
    return made


def _text(name: str) -> str:
    return files("plimsoll.report").joinpath("templates", name).read_text(encoding="utf-8")


def _shown(text: str) -> str:
    plain = words.clean(text)
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"


def _cards(found: Findings) -> list[Card]:
    latency, service = found.figures("http_req_latency"), found.figures("http_req_duration")
    times = latency or service
    named = "latency" if latency else "service time"
    cards = []
    if requests := found.figures("http_reqs"):
        cards.append(Card("requests", words.count(requests["count"]), words.rate(requests["rate"])))
    for name in ("med", "p(95)", "p(99)"):
        if name in times:
            beside = f"service {words.milliseconds(service[name])}" if latency and name in service else ""
            shown = "p50" if name == "med" else name.replace("(", "").replace(")", "")
            cards.append(Card(f"{named} {shown}", words.milliseconds(times[name]), beside))
    if failed := found.figures("http_req_failed"):
        beside = f"{words.count(failed['passes'])} requests" if "passes" in failed else ""
        cards.append(Card("failed", words.share(failed["rate"]), beside))
    if checks := found.figures("checks"):
        beside = f"{words.count(checks['fails'])} did not" if "fails" in checks else ""
        cards.append(Card("checks held", words.share(checks["rate"]), beside))
    dropped = found.figures("dropped_iterations").get("count", 0.0)
    if dropped or found.is_open:
        cards.append(Card("dropped iterations", words.count(dropped), "due, and never started"))
    if vus := found.figures("vus"):
        cards.append(Card("virtual users", words.count(vus.get("max", vus["value"])), "busy at most"))
    return cards


def _row(judged: Judged) -> Row:
    condition = condition_in(judged.condition, judged.metric)
    word = {True: "held", False: "crossed", None: "no data"}[judged.holds]
    if judged.aborted:
        word = "crossed, and ended the run"
    filled, bound = None, 0.0
    if judged.actual is not None and condition.bound > 0 and judged.actual >= 0:
        reach = max(judged.actual, condition.bound) * 1.15
        filled, bound = judged.actual / reach * 100, condition.bound / reach * 100
    return Row(judged, words.mark(judged.holds), word, words.actual(judged), filled, bound)


def _metrics(found: Findings) -> Mapping[str, Sequence[tuple[str, list[tuple[str, str]]]]]:
    """Return all metrics by kind, each with its figures in words."""
    groups: dict[str, list[tuple[str, list[tuple[str, str]]]]] = {}
    for each in found.metrics[: 2 * ROWS]:
        figures = [(name, words.figure(name, value, each.metric)) for name, value in each.values.items()]
        groups.setdefault(each.metric.kind, []).append((each.selector, figures))
    return groups
