"""A run as JUnit XML: validity, thresholds and checks as cases, so that CI shows them.

A crossed threshold is a failure and an INVALID run an error. A check that did not always hold is shown as skipped, with
its figures: as in k6, checks fail no run by themselves, and CI shall not say other than the verdict; thresholds on
`checks` do.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from plimsoll.measure.run import Judged, Verdict
from plimsoll.report import words
from plimsoll.report.findings import Check, Findings

_Case = tuple[str, str, str | None, str]  # class, name, what came of it (None: passed), and why


def junit(found: Findings) -> str:
    """Return a run as JUnit XML."""
    root = ET.Element("testsuites", name=words.clean(found.name), time=f"{found.lasted.total_seconds():.3f}")
    _suite(root, "validity", [_validity(found)], found)
    _suite(root, "thresholds", map(_threshold, found.thresholds), found)
    _suite(root, "checks", map(_check, found.checks), found)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, name: str, cases: Iterable[_Case], found: Findings) -> None:
    rows = list(cases)
    ended = [what for _, _, what, _ in rows]
    suite = ET.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(rows)),
        failures=str(ended.count("failure")),
        errors=str(ended.count("error")),
        skipped=str(ended.count("skipped")),
        time=f"{found.lasted.total_seconds():.3f}",
    )
    if found.started_at is not None:
        suite.set("timestamp", found.started_at.replace(tzinfo=None).isoformat(timespec="seconds"))
    for group, case, what, why in rows:
        element = ET.SubElement(suite, "testcase", classname=words.clean(group), name=words.clean(case), time="0")
        if what is not None:
            ET.SubElement(element, what, message=words.clean(why)).text = words.clean(why)


def _validity(found: Findings) -> _Case:
    invalid = found.verdict is Verdict.INVALID
    return ("validity", "the load generator kept up", "error" if invalid else None, " ".join(found.reasons))


def _threshold(judged: Judged) -> _Case:
    ends = {True: None, False: "failure", None: "skipped"}
    return (judged.metric, judged.condition, ends[judged.holds], words.actual(judged))


def _check(check: Check) -> _Case:
    why = f"held {check.held} times, and {check.broken} times not"
    return (f"checks{check.group}", check.name, "skipped" if check.broken else None, why)
