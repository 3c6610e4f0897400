"""The published schema says what the reader accepts."""

from __future__ import annotations

import jsonschema
import pytest
import yaml

from plimsoll.budget.schema import schema

GOOD = """
service: {name: natalis}
budgets: [{name: tail, indicator: latency p95, target: 500 ms}]
scenarios: {smoke: {flow: users.py, load: {}}}
"""


def test_a_good_file_is_valid_by_the_schema() -> None:
    jsonschema.validate(yaml.safe_load(GOOD), schema())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("target", "targett"), ("flow: users.py, ", ""), ("500 ms", "[]")],
)
def test_a_bad_file_is_not(right: str, wrong: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(GOOD.replace(right, wrong)), schema())
