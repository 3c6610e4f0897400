"""The end of a run, for the terminal: laid out as users of k6 know it, the verdict last, where the eye is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from plimsoll.measure.recording import Kind
from plimsoll.measure.run import Verdict
from plimsoll.report import words
from plimsoll.report.findings import Figures, Findings

_STATS: Final = ("avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "p(99.9)")
_FIRST: Final = ("p(95)", "med", "max", "p(99)", "avg", "p(90)", "min", "p(99.9)")
_ROOM: Final = 15  # characters for one figure; what stands before them takes 40
_GROUPS: Final = (
    ("HTTP", ("http_req_latency", "http_req_duration", "http_req_waiting", "http_req_blocked", "http_req_failed",
              "http_reqs")),
    ("EXECUTION", ("iteration_duration", "iteration_lateness", "iterations", "iteration_errors", "dropped_iterations",
                   "interrupted_iterations", "vus", "vus_max")),
    ("NETWORK", ("data_received", "data_sent")),
)  # fmt: skip
_NOT_CUSTOM: Final = frozenset(
    {name for _, names in _GROUPS for name in names}
    | {"checks", "group_duration", "http_req_connecting", "http_req_receiving", "http_req_sending"}
    | {"http_req_tls_handshaking", "generator_cpu", "user_time"}
)
_SAID: Final = {"http_req_latency": "from when it was due", "http_req_duration": "from its first byte"}
_MOST: Final = 20
_COLOURS: Final = {"good": "32", "bad": "31", "doubt": "33", "head": "1", "quiet": "2"}
_VERDICTS: Final = {Verdict.PASS: "good", Verdict.FAIL: "bad", Verdict.INVALID: "doubt"}


def end_summary(found: Findings, *, width: int = 100, colour: bool = False) -> str:
    """Return the end summary.

    Args:
        found: What is said of the run.
        width: Of the terminal, in characters; longer lines are cut.
        colour: Whether the terminal shows colours (ANSI).
    """
    blocks = (
        _thresholds(found),
        _checks(found),
        *_metrics(found, max((width - 40) // _ROOM, 2)),
        _endpoints(found),
        _failures(found),
        _wrapped(_verdict(found), width),
    )
    lines = [("", "")]
    for block in blocks:
        rows = list(block)
        lines += [*rows, ("", "")] if rows else []
    return "\n".join(_painted(text[:width].rstrip(), style, colour=colour) for style, text in lines) + "\n"


_Lines = Iterator[tuple[str, str]]  # style and text


def _thresholds(found: Findings) -> _Lines:
    if found.thresholds:
        yield "head", "  █ THRESHOLDS"
    last = None
    for each in found.thresholds:
        if each.metric != last:
            yield "", ""
            yield "", f"    {words.clean(each.metric)}"
            last = each.metric
        style = {True: "good", False: "bad", None: "doubt"}[each.holds]
        ended = ", ended the run" if each.aborted else ""
        yield style, f"    {words.mark(each.holds)} '{words.clean(each.condition)}' {words.actual(each)}{ended}"


def _checks(found: Findings) -> _Lines:
    if not found.checks:
        return
    held, whole = sum(each.held for each in found.checks), sum(each.held + each.broken for each in found.checks)
    share = words.share(held / whole if whole else 1.0)
    yield "head", "  █ CHECKS"
    yield "", ""
    yield "", f"    {_dotted('checks_succeeded', 34)} {share} {held:,} out of {whole:,}"
    for each in found.checks[:_MOST]:
        name = words.clean(f"{each.group}::{each.name}".removeprefix("::").replace("::", " / "))
        yield ("bad" if each.broken else "good"), f"    {words.mark(not each.broken)} {name}"
        if each.broken:
            part = words.share(each.held / (each.held + each.broken))
            yield "bad", f"      ↳ {part} — ✓ {each.held:,} / ✗ {each.broken:,}"
        if each.example:
            yield "quiet", f"        {words.clean(each.example)}"
    yield from _more(len(found.checks), "checks")


def _metrics(found: Findings, room: int) -> Iterator[_Lines]:
    yield iter((("head", "  █ TOTAL RESULTS"),))
    by_name = {each.selector: each for each in found.metrics}
    for title, names in _GROUPS:
        yield _group(title, [by_name[name] for name in names if name in by_name], found, room)
    custom = [each for each in found.metrics if each.metric.name not in _NOT_CUSTOM and not each.tags]
    yield _group("CUSTOM", custom[:_MOST], found, room)


def _group(title: str, figures: Sequence[Figures], found: Findings, room: int) -> _Lines:
    if not figures:
        return
    yield "head", f"    {title}"
    for each in figures:
        yield "", f"    {_dotted(each.selector, 34)} {_values(each, room)}"
        if each.selector in _SAID and "http_req_latency" in {one.selector for one in figures}:
            yield "quiet", f"      {_SAID[each.selector]}"
        parts = [one for one in found.metrics if one.tags and one.metric.name == each.selector]
        for part in parts[:_MOST]:
            tags = part.selector.removeprefix(each.selector).strip("{}")
            yield "", f"      {_dotted(f'{{ {words.clean(tags)} }}', 32)} {_values(part, room)}"


def _values(figures: Figures, room: int) -> str:
    values, metric = figures.values, figures.metric
    said = {name: words.figure(name, value, metric) for name, value in values.items()}
    match metric.kind:
        case Kind.TREND:
            return " ".join(f"{name}={said[name]:<8}" for name in _STATS if name in said and name in _FIRST[:room])
        case Kind.COUNTER:
            return f"{said['count']:<10} {said['rate']}"
        case Kind.GAUGE:
            return f"{said.get('value', ''):<10} min={said.get('min', '')} max={said.get('max', '')}"
        case Kind.RATE if "passes" in values:
            return f"{said['rate']:<10} {said['passes']} out of {words.count(values['passes'] + values['fails'])}"
        case Kind.RATE:
            return said["rate"]


def _endpoints(found: Findings) -> _Lines:
    if not any(each.latency for each in found.endpoints):
        return
    yield "head", f"  █ {'ENDPOINTS':<34} {'rate':>10} {'failed':>8} {'p50':>9} {'p95':>9} {'p99':>9} {'max':>9}"
    yield "", ""
    for each in found.endpoints[:_MOST]:
        name = words.clean(f"{each.method} {each.name}".strip())
        failed = words.share(each.failed / each.requests if each.requests else 0.0)
        times = [words.milliseconds(each.latency[number]) for number in (0, 2, 3, 5)] if each.latency else []
        row = f"    {_cut(name, 34)} {words.rate(each.rate):>10} {failed:>8} " + " ".join(f"{one:>9}" for one in times)
        yield ("bad" if each.failed else ""), row
    yield from _more(len(found.endpoints), "endpoints")


def _failures(found: Findings) -> _Lines:
    if found.failures:
        yield "head", "  █ WHY REQUESTS FAILED"
        yield "", ""
    for each in found.failures[:_MOST]:
        example = f"  {words.clean(each.example)}" if each.example else ""
        yield "bad", f"    {_cut(words.clean(each.code), 34)} {each.count:>10,} {words.share(each.share):>8}{example}"
    yield from _more(len(found.failures), "codes")


def _verdict(found: Findings) -> _Lines:
    if said := words.burned(found):
        yield "", f"  {said}"
    if said := words.shortened(found):
        yield "doubt", f"  ! {said}"
    for each in found.warnings:
        yield "doubt", f"  ! {words.clean(each)}"
    if found.partial:
        yield "doubt", f"  ! Partial: it ended early ({words.clean(found.partial)})."
    style = _VERDICTS[found.verdict]
    yield style, f"  {found.verdict}  {words.verdict(found)}"
    for each in found.reasons:
        yield style, f"    - {words.clean(each)}"


def _wrapped(lines: _Lines, width: int) -> _Lines:
    """Sentences are wrapped where tables are cut."""
    for style, text in lines:
        indent = " " * (len(text) - len(text.lstrip()) + 2)
        for part in textwrap.wrap(text, max(width, 30), subsequent_indent=indent, break_on_hyphens=False):
            yield style, part


def _more(count: int, what: str) -> _Lines:
    if count > _MOST:
        yield "quiet", f"    … and {count - _MOST:,} more {what}"


def _dotted(name: str, width: int) -> str:
    return f"{words.clean(name)[: width - 1]:.<{width}}:"


def _cut(name: str, width: int) -> str:
    return f"{name if len(name) <= width else name[: width - 1] + '…':<{width}}"


def _painted(text: str, style: str, *, colour: bool) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if colour and style and text else text
