"""Budgets as OpenSLO: valid by the specification, and nothing in them that nobody promised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from plimsoll.budget.file.outputs import Kind
from plimsoll.budget.file.reading import read_file
from plimsoll.budget.openslo import documents, name_of, openslo

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
EVERY = HERE / "golden/every/plimsoll.yaml"
FILES = [EVERY, HERE / "golden/shop/plimsoll.yaml", ROOT / "perf/plimsoll.yaml", *ROOT.glob("examples/*/plimsoll.yaml")]
SCHEMA = json.loads((HERE / "openslo.schema.json").read_text(encoding="utf-8"))


def found(path: Path) -> dict[tuple[str, str], Any]:
    (made,) = openslo(read_file(path), {Kind.OPENSLO: Path("openslo.yaml")})
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(made.text)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_document_is_valid_by_the_specification(path: Path) -> None:
    for document in found(path).values():
        jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_names_are_unique_and_what_is_named_is_there(path: Path) -> None:
    all_ = found(path)
    objectives = [each["spec"] for (kind, _), each in all_.items() if kind == "SLO"]

    named = {("SLI", each["indicatorRef"]) for each in objectives}
    named |= {("Service", each["service"]) for each in objectives}
    named |= {("AlertPolicy", one["alertPolicyRef"]) for each in objectives for one in each.get("alertPolicies", ())}
    policies = [each["spec"] for (kind, _), each in all_.items() if kind == "AlertPolicy"]
    named |= {("AlertNotificationTarget", one["targetRef"]) for each in policies for one in each["notificationTargets"]}

    assert len(all_) == len(list(documents(read_file(path))))
    assert named <= set(all_)


def test_a_percentile_is_an_objective_of_events() -> None:
    (objective,) = found(EVERY)["SLO", "every-latency-pay"]["spec"]["objectives"]
    indicator = found(EVERY)["SLI", "every-latency-pay"]["spec"]["ratioMetric"]

    assert objective["target"] == 0.95
    assert 'le="0.5"' in indicator["bad"]["metricSource"]["spec"]["query"]


def test_a_gauge_is_an_indicator_without_an_objective() -> None:
    all_ = found(EVERY)

    assert "thresholdMetric" in all_["SLI", "every-memory"]["spec"]
    assert ("SLO", "every-memory") not in all_


def test_each_pair_of_windows_is_a_policy_that_says_its_short_one_too() -> None:
    policies = [each for (kind, name), each in found(EVERY).items() if kind == "AlertPolicy" and "latency-pay" in name]

    said = [(each["spec"]["conditions"][0]["spec"]["condition"], each["metadata"]["annotations"]) for each in policies]

    assert [(each["threshold"], each["lookbackWindow"], *short.values()) for each, short in said] == [
        (14.4, "1h", "5m"),
        (6, "6h", "30m"),
        (3, "1d", "2h"),
        (1, "3d", "6h"),
    ]


def test_a_long_name_is_cut_and_stays_like_no_other() -> None:
    one, other = name_of("shop", "a" * 80 + "b"), name_of("shop", "a" * 80 + "c")

    assert len(one) <= 63
    assert one != other


def test_what_is_rendered_is_what_was_looked_at_and_found_good() -> None:
    (made,) = openslo(read_file(EVERY), {Kind.OPENSLO: EVERY.with_name("openslo.yaml")})

    assert made.text == made.path.read_text(encoding="utf-8")
