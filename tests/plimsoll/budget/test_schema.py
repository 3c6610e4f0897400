"""The published schema accepts what the reader accepts, and refuses each mistake that a schema can see."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.budget.file.amounts import Unit, amount_of, pattern_of
from plimsoll.budget.file.reading import read_file, read_text
from plimsoll.budget.file.schema import schema
from plimsoll.errors import InvalidInput

ROOT = Path(__file__).parents[3]
PROFILES = ("perf", "examples/reconciliation", "examples/platform")
SCHEMA = schema()
GOOD = """
service:
  name: shop
  grafana: https://grafana.example:3000/g
  endpoints: [{name: pay, route: /pay, method: POST}]
watch:
  dialect: plimsoll
  sources: {http: job="shop"}
  buckets: [0.1, 0.5, 1]
  traffic: 1/s
  rate: 5m
indicators:
  late: {ratio: {some: late_total, all: sent_total}}
  took: {good: below, quantile: {of: took_seconds, q: 0.95}}
  missed: {increase: {of: missed_total, over: 1h}}
  depth: {level: {of: depth, take: sum}}
budgets:
  - name: tail
    indicator: latency p95
    target: 500 ms
    threshold: null
    action: fail
    endpoints: [pay]
    window: 30d
    traffic: 2/s
    alert: {name: HighLatency, for: 5m, severity: warning, means: Slow., steps: [Look.], runbook: slow.md}
  - {name: errors, indicator: errors, target: 0.1 %}
  - {name: users, indicator: concurrent users, target: "1,000"}
scenarios: {smoke: {flow: users.py, load: {}, budgets: [tail]}}
"""
MISTAKES = [
    ("service:", "servce:"),
    ("  name: shop\n", ""),
    ("name: shop", "name: ''"),
    ("route: /pay,", ""),
    ("https://grafana", "grafana"),
    (":3000/g", ":3000/g?orgId=2"),
    ("method:", "methd:"),
    ("dialect: plimsoll", "dialect: plimsol"),
    ("{http:", "{htpp:"),
    ("buckets: [0.1,", "buckets: [fast,"),
    ("traffic: 1/s", "traffic: 1 s"),
    ("traffic: 2/s", "traffic: 2"),
    ("rate: 5m", "rate: 5/s"),
    ("late: {ratio: {some: late_total, all: sent_total}}", "late: {}"),
    ("late: {ratio: {some: late_total, all: sent_total}}", "late: {rate: a_total, level: {of: a}}"),
    ("some: late_total, ", ""),
    ("q: 0.95", "q: 95"),
    ("good: below", "good: under"),
    ("over: 1h", "over: 1 %"),
    ("take: sum", "take: median"),
    ("target: 500 ms", "target: 500 mz"),
    ("target: 500 ms", "target: 500"),
    ("target: 500 ms", "target: 5 %"),
    ("target: 500 ms", "target: []"),
    ("target: 0.1 %", "target: 100 ms"),
    ('target: "1,000"', "target: 1,00"),
    ('target: "1,000"', "target: -1"),
    ("threshold: null", "threshold: 1 MB"),
    ("action: fail", "action: fial"),
    ("window: 30d", "window: 30 %"),
    ("name: HighLatency", "name: high latency"),
    ("for: 5m,", ""),
    ("for: 5m", "lasts: 5m"),
    ("severity: warning", "severity: page"),
    ("steps: [Look.]", "steps: Look."),
    ("flow: users.py, ", ""),
    ("budgets: [tail]", "budgets: tail"),
    ("load: {}", "load: {all: {executor: constant-arival-rate, rate: 5}}"),
    ("load: {}", "load: {all: {vus: 5}}"),
]


def is_valid(content: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(content))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_shipped_profile_is_valid(profile: str) -> None:
    path = ROOT / profile / "plimsoll.yaml"

    jsonschema.Draft202012Validator(SCHEMA).validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert read_file(path).budgets


def test_a_good_file_is_valid_and_read() -> None:
    assert is_valid(yaml.safe_load(GOOD))
    assert len(read_text(GOOD).budgets) == 3


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_a_mistake_is_refused_by_the_schema_and_by_the_reader(right: str, wrong: str) -> None:
    assert right in GOOD
    spoiled = GOOD.replace(right, wrong, 1)

    assert not is_valid(yaml.safe_load(spoiled))
    with pytest.raises(InvalidInput):
        read_text(spoiled)


WRITTEN = st.one_of(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["1", "0.5", "1,000", "1,00", "-1", "1.", ".5", "12,345.6"]),
        st.sampled_from(["", " ", "\t"]),
        st.sampled_from(["", "ms", "s", "%", "/s", "MB", "GiB", "d", "x", "/h"]),
    ),
    st.text(max_size=5),
)


@given(WRITTEN)
def test_a_quantity_is_valid_where_it_can_be_read(written: str) -> None:
    try:
        unit = amount_of(written).unit
    except ValueError:
        unit = None
    valid = {each for each in (*Unit, None) if re.search(pattern_of(each), written)}

    assert valid == ({unit, None} if unit else set())


def test_every_key_says_what_it_is_for() -> None:
    silent = [
        f"{name}.{key}"
        for name, part in SCHEMA["$defs"].items()
        for key, each in part.get("properties", {}).items()
        if not each.get("description")
    ]

    assert silent == []
