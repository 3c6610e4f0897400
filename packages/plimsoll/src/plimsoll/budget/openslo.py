"""Budgets as OpenSLO v1: the service, an indicator for each promise, an objective and alert policies where it has them.

Written by the text of the specification (https://github.com/OpenSLO/OpenSLO#specification). An objective of OpenSLO is
a share of events or of time that must be good. What a budget file promises of a gauge, such as memory, is no share at
all: it becomes an indicator (`thresholdMetric`) without an objective, rather than with one that nobody promised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from plimsoll.budget.burn import Burn, burns_of
from plimsoll.budget.file.model import BudgetFile, Severity
from plimsoll.budget.file.outputs import Artefact, Kind, Places, mark
from plimsoll.budget.measures import Eventful, Measure
from plimsoll.budget.promises import Promise, promises_of, slug_of
from plimsoll.budget.promql import duration, number
from plimsoll.budget.rules.layout import laid_out
from plimsoll.budget.rules.written import yaml_of

_LONGEST_NAME: Final = 63
_LONGEST_TEXT: Final = 1050
_DIGEST: Final = 8
_TOLD_BY: Final = "alertmanager"
_SHORT: Final = "plimsoll/short-window"
"""The annotation with the window that must burn too; OpenSLO v1 knows one window for a condition."""


def openslo(file: BudgetFile, places: Places) -> Iterator[Artefact]:
    """Yield one file with all documents."""
    text = yaml_of(*documents(file))
    yield Artefact(places[Kind.OPENSLO], f"# {mark(file.service.name)}\n{text}")


def documents(file: BudgetFile) -> Iterator[dict[str, Any]]:
    """Yield every document of a file, what is named before what names it."""
    service = file.service.name
    yield _document("Service", slug_of(service), service, {"description": f"What {service} promises."})
    promises = [promise for promise in promises_of(file) if promise.measure is not None]
    if any(promise.budget.window is not None for promise in promises):
        for severity in Severity:
            spec = {"target": _TOLD_BY, "description": f"Whom {severity} alerts tell."}
            yield _document("AlertNotificationTarget", severity.value, f"{service}: {severity}", spec)
    for promise in promises:
        yield from _of_promise(promise)


def name_of(*words: str) -> str:
    """Return a name that every implementation takes (RFC 1123): short, and still like no other."""
    whole = "-".join(slug_of(word) for word in words)
    if len(whole) <= _LONGEST_NAME:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST]
    return f"{whole[: _LONGEST_NAME - _DIGEST - 1].rstrip('-')}-{digest}"


def _of_promise(promise: Promise) -> Iterator[dict[str, Any]]:
    name = name_of(promise.service, promise.slug)
    measure = promise.measure
    if measure is None:
        return
    yield _document("SLI", name, _title(promise), _indicator(promise, measure))
    if promise.objective is None or not 0 < promise.objective < 1:
        return
    policies = []
    if promise.budget.window is not None:
        for burn in burns_of(promise.budget.window.value):
            policy = _policy(promise, burn)
            policies.append(policy["metadata"]["name"])
            yield policy
    yield _document("SLO", name, _title(promise), _objective(promise, name, promise.objective, policies))


def _indicator(promise: Promise, measure: Measure) -> dict[str, Any]:
    rate = duration(promise.rate)
    about = {"description": promise.indicator.about[:_LONGEST_TEXT]}
    if isinstance(measure, Eventful):
        bad, total = measure.bad(rate, promise.bound), measure.total(rate)
        return {**about, "ratioMetric": {"counter": False, "bad": _source(bad), "total": _source(total)}}
    return {**about, "thresholdMetric": _source(measure.value(rate))}


def _source(query: str) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": laid_out(query)}}}


def _objective(promise: Promise, name: str, objective: float, policies: list[str]) -> dict[str, Any]:
    window, why = promise.budget.window, promise.budget.why
    rolling = {"timeWindow": [{"duration": duration(window.value), "isRolling": True}]} if window else {}
    return {
        "description": (why or promise.indicator.about)[:_LONGEST_TEXT],
        "service": slug_of(promise.service),
        "indicatorRef": name,
        **rolling,
        "budgetingMethod": "Occurrences",
        "objectives": [{"displayName": _title(promise), "target": float(number(objective))}],
        **({"alertPolicies": [{"alertPolicyRef": policy} for policy in policies]} if policies else {}),
    }


def _policy(promise: Promise, burn: Burn) -> dict[str, Any]:
    factor = f"{number(burn.factor)}x"
    name = name_of(promise.service, promise.slug, "burn", factor.replace(".", "-"))
    condition = {
        "kind": "AlertCondition",
        "metadata": {"name": name},
        "spec": {
            "severity": burn.severity.value,
            "condition": {
                "kind": "burnrate",
                "op": "gt",
                "threshold": burn.factor,
                "lookbackWindow": duration(burn.long),
                "alertAfter": "0m",
            },
        },
    }
    spec = {
        "description": f"The error budget is spent {factor[:-1]} times too fast.",
        "alertWhenNoData": False,
        "alertWhenResolved": True,
        "alertWhenBreaching": True,
        "conditions": [condition],
        "notificationTargets": [{"targetRef": burn.severity.value}],
    }
    return _document("AlertPolicy", name, f"{_title(promise)}: {factor}", spec, {_SHORT: duration(burn.short)})


def _title(promise: Promise) -> str:
    of = f" of {promise.endpoint.name}" if promise.endpoint else ""
    return f"{promise.service}: {promise.budget.name}{of}"


def _document(
    kind: str, name: str, title: str, spec: Mapping[str, Any], annotations: Mapping[str, str] | None = None
) -> dict[str, Any]:
    metadata = {"name": name, "displayName": title, **({"annotations": dict(annotations)} if annotations else {})}
    return {"apiVersion": "openslo/v1", "kind": kind, "metadata": metadata, "spec": dict(spec)}
