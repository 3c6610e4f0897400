"""The JSON Schema of a budget file, for editors."""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from plimsoll.budget.amounts import EXAMPLES, Amount
from plimsoll.budget.dialects import DIALECTS
from plimsoll.budget.indicators import INDICATORS
from plimsoll.budget.model import Alert, BudgetFile
from plimsoll.budget.routing import Email
from plimsoll.budget.sources import Source

_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
_WRITTEN = {field.name: field.encode_name for struct in (Alert, Email) for field in msgspec.structs.fields(struct)}
"""Attributes by their keys in the file: `for` and `from` cannot be an attribute's name in Python."""


def schema() -> dict[str, Any]:
    """Return it, with what is known of each indicator."""
    made = msgspec.json.schema(BudgetFile, schema_hook=_amount)
    indicator = made["$defs"]["Budget"]["properties"]["indicator"]
    indicator["anyOf"] = [{"enum": list(INDICATORS)}, {"description": "One of the file's own indicators."}]
    watch = made["$defs"]["Watch"]["properties"]
    watch["dialect"]["enum"] = list(DIALECTS)
    watch["sources"]["propertyNames"] = {"enum": list(Source)}
    for part in made["$defs"].values():
        _explain(part)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Plimsoll budget file", **made}


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
    return {"type": ["string", "number"], "examples": list(EXAMPLES.values())}
