"""The JSON Schema of a budget file, for editors."""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from plimsoll.budget.dialects import DIALECTS
from plimsoll.budget.executors import EXECUTORS
from plimsoll.budget.file.amounts import EXAMPLES, Amount, Unit, pattern_of
from plimsoll.budget.file.boards import BUILT_IN
from plimsoll.budget.file.model import Alert, BudgetFile
from plimsoll.budget.file.routing import Email
from plimsoll.budget.indicators import INDICATORS
from plimsoll.budget.own_indicators import WAYS
from plimsoll.budget.sources import Source

_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
_WRITTEN = {field.name: field.encode_name for struct in (Alert, Email) for field in msgspec.structs.fields(struct)}
"""Attributes by their keys in the file: `for` and `from` cannot be an attribute's name in Python."""
_UNITS = (
    ("Alert", "for", Unit.SECONDS),
    ("Budget", "window", Unit.SECONDS),
    ("Budget", "traffic", Unit.PER_SECOND),
    ("Watch", "rate", Unit.SECONDS),
    ("Watch", "traffic", Unit.PER_SECOND),
    ("OwnIncrease", "over", Unit.SECONDS),
    ("Routing", "wait", Unit.SECONDS),
    ("Routing", "interval", Unit.SECONDS),
    ("Routing", "repeat", Unit.SECONDS),
)
"""Quantities whose unit does not depend on an indicator."""


def schema() -> dict[str, Any]:
    """Return it, with what is known of each indicator."""
    made = msgspec.json.schema(BudgetFile, schema_hook=_amount)
    indicator = made["$defs"]["Budget"]["properties"]["indicator"]
    indicator["anyOf"] = [{"enum": list(INDICATORS)}, {"description": "One of the file's own indicators."}]
    watch = made["$defs"]["Watch"]["properties"]
    watch["dialect"]["enum"] = list(DIALECTS)
    watch["sources"]["propertyNames"] = {"enum": list(Source)}
    own = made["$defs"]["OwnIndicator"]
    own["oneOf"] = [{"required": [way]} for way in WAYS]
    _narrow(made["$defs"])
    made["$defs"]["Service"]["properties"]["grafana"]["pattern"] = r"^https?://[^?#\s]+$"  # null has none, and passes
    load = made["$defs"]["Scenario"]["properties"]["load"]["additionalProperties"]
    load |= {"properties": {"executor": {"enum": list(EXECUTORS)}}, "required": ["executor"]}
    dashboards = made["$defs"]["BudgetFile"]["properties"]["dashboards"]
    next(each for each in dashboards["anyOf"] if "items" in each)["items"]["enum"] = list(BUILT_IN)
    for part in made["$defs"].values():
        _explain(part)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Plimsoll budget file", **made}


def _narrow(parts: dict[str, Any]) -> None:
    """Say of which unit each quantity is: of some by their key, of a budget's bounds by its indicator."""
    for name, key, unit in _UNITS:
        parts[name]["properties"][key] = _again(parts[name]["properties"][key], _of_unit(unit))
    parts["Budget"]["allOf"] = [
        {
            "if": {"properties": {"indicator": {"enum": names}}},
            "then": {
                "properties": {"target": _of_unit(unit), "threshold": {"anyOf": [_of_unit(unit), {"type": "null"}]}}
            },
        }
        for unit in Unit
        if (names := [each.name for each in INDICATORS.values() if each.unit is unit])
    ]


def _again(property_: dict[str, Any], amount: dict[str, Any]) -> dict[str, Any]:
    """Return a property that holds an amount with a narrower one, and null where it could be."""
    if "anyOf" not in property_:
        return property_ | amount
    return property_ | {"anyOf": [amount, {"type": "null"}]}


def _of_unit(unit: Unit) -> dict[str, Any]:
    kinds = ["string", "number"] if unit is Unit.NUMBER else "string"
    return {"type": kinds, "title": unit.value, "pattern": pattern_of(unit), "minimum": 0, "examples": [EXAMPLES[unit]]}


def _explain(part: dict[str, Any]) -> None:
    """Put what a docstring says of attributes where editors look for it: at each property."""
    # how far a docstring is indented depends on the Python
    summary, _, attributes = inspect.cleandoc(part.get("description", "")).partition("Attributes:")
    for attribute, said in _ATTRIBUTE.findall(attributes):
        name = _WRITTEN.get(attribute, attribute)
        if name in part.get("properties", {}):
            part["properties"][name]["description"] = " ".join(said.split())
    if summary:
        part["description"] = " ".join(summary.split())


def _amount(wanted: type) -> dict[str, Any]:
    if wanted is not Amount:
        raise NotImplementedError(wanted)
    return {
        "type": ["string", "number"],
        "pattern": pattern_of(None),
        "minimum": 0,
        "examples": list(EXAMPLES.values()),
    }
