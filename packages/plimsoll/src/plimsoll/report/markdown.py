"""A run as Markdown, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from plimsoll.measure.run import Verdict
from plimsoll.report import words
from plimsoll.report.findings import Endpoint, Findings

_SIGNS: Final = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.INVALID: "⚠️"}
_ENDPOINTS: Final = 20
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&-])")


def markdown(found: Findings) -> str:
    """Return a run as Markdown."""
    parts = [
        f"## {_SIGNS[found.verdict]} {found.verdict}: {_text(found.name)}",
        words.verdict(found),
        "\n".join(f"- {_text(each)}" for each in (*found.reasons, *found.warnings)),
        f"Ended early: {_text(found.partial)}." if found.partial else "",
        words.shortened(found),
        _thresholds(found),
        _figures(found),
        _endpoints(found.endpoints),
        _failures(found),
        words.burned(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _thresholds(found: Findings) -> str:
    rows = [
        (words.mark(each.holds), _text(each.metric), _text(each.condition), _text(words.actual(each)))
        for each in found.thresholds
    ]
    return _table(("", "metric", "threshold", "actual"), rows)


def _figures(found: Findings) -> str:
    latency, service = found.figures("http_req_latency"), found.figures("http_req_duration")
    shown = ("med", "p(90)", "p(95)", "p(99)", "max")
    rows = [
        (name, *(words.milliseconds(values[each]) if each in values else "" for each in shown))
        for name, values in (("latency, from when due", latency), ("service time", service))
        if values
    ]
    requests, failed = found.figures("http_reqs"), found.figures("http_req_failed")
    line = [words.lasting(found.lasted)]
    line += [f"{words.count(requests['count'])} requests", words.rate(requests["rate"])] if requests else []
    line += [f"{words.share(failed['rate'])} failed"] if failed else []
    return f"{', '.join(line)}\n\n{_table(('', *shown), rows)}".strip()


def _endpoints(endpoints: Sequence[Endpoint]) -> str:
    rows = [
        (
            _text(f"{each.method} {each.name}".strip()),
            words.rate(each.rate),
            words.share(each.failed / each.requests if each.requests else 0.0),
            *(words.milliseconds(value) for value in each.latency[:4]),
        )
        for each in endpoints[:_ENDPOINTS]
        if each.latency
    ]
    more = f"\n\n… and {len(endpoints) - _ENDPOINTS:,} more" if len(endpoints) > _ENDPOINTS else ""
    return _table(("endpoint", "rate", "failed", "p50", "p90", "p95", "p99"), rows) + more


def _failures(found: Findings) -> str:
    rows = [
        (_text(each.code), words.count(each.count), words.share(each.share), _text(each.example))
        for each in found.failures
    ]
    return _table(("error", "count", "of all", "example"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(("| " + " | ".join(head) + " |", "|" + "---|" * len(head), *lines))


def _text(text: str) -> str:
    """Return text that stays what it is in a table: one line, no markup, nobody mentioned."""
    return _SPECIAL.sub(r"\\\1", words.clean(text)[:200]).replace("\\@", "@\N{ZERO WIDTH SPACE}")
