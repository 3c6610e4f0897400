"""A run as k6 gives it to `handleSummary`: JSON that tools for k6 read.

Source of the form: k6's documentation, "Custom summary", and files that k6 0.50 to 1.x wrote. Beside it stands what k6
does not know, under `plimsoll`; tools for k6 pass over it.
"""

from __future__ import annotations

from hashlib import md5
from typing import Any, Final

import msgspec

from plimsoll.measure.summary import PERCENTILES
from plimsoll.report.findings import Check, Figures, Findings

_STATS: Final = ("avg", "min", "med", "max", *(f"p({each:g})" for each in (*PERCENTILES, 99.0, 99.9)))


def k6_json(found: Findings) -> str:
    """Return a run as the data of `handleSummary`."""
    plain = {
        "root_group": _group("", "", found.checks),
        "options": {"summaryTrendStats": list(_STATS), "summaryTimeUnit": "", "noColor": False},
        "state": {
            "isStdOutTTY": False,
            "isStdErrTTY": False,
            "testRunDurationMs": found.lasted.total_seconds() * 1000,
        },
        "metrics": {each.selector: _metric(each, found) for each in found.metrics},
        "plimsoll": {
            "name": found.name,
            "verdict": found.verdict,
            "reasons": found.reasons,
            "warnings": found.warnings,
            "partial": found.partial,
            "failures": {each.code: each.count for each in found.failures},
            "unjudged": [f"{each.metric}: {each.condition}" for each in found.thresholds if each.holds is None],
        },
    }
    return msgspec.json.format(msgspec.json.encode(plain), indent=2).decode() + "\n"


def _metric(figures: Figures, found: Findings) -> dict[str, Any]:
    thresholds = {
        each.condition: {"ok": each.holds is not False} for each in found.thresholds if each.metric == figures.selector
    }
    plain: dict[str, Any] = {
        "type": figures.metric.kind,
        "contains": figures.metric.contains,
        "values": dict(figures.values),
    }
    return plain | ({"thresholds": thresholds} if thresholds else {})


def _group(name: str, path: str, checks: tuple[Check, ...]) -> dict[str, Any]:
    """Return a group and those in it; a path is `::outer::inner`, and an id the MD5 of it, as in k6."""
    below = {
        each.group[len(path) :].split("::")[1] for each in checks if each.group.startswith(f"{path}::") and each.group
    }
    return {
        "name": name,
        "path": path,
        "id": _id(path),
        "groups": [_group(inner, f"{path}::{inner}", checks) for inner in sorted(below)],
        "checks": [_check(each, path) for each in checks if each.group == path],
    }


def _check(check: Check, path: str) -> dict[str, Any]:
    whole = f"{path}::{check.name}"
    return {"name": check.name, "path": whole, "id": _id(whole), "passes": check.held, "fails": check.broken}


def _id(path: str) -> str:
    return md5(path.encode(), usedforsecurity=False).hexdigest()
