"""The JSON Schema of a budget file, for editors."""

from __future__ import annotations

from typing import Any

import msgspec

from plimsoll.budget.amounts import EXAMPLES, Amount
from plimsoll.budget.indicators import INDICATORS
from plimsoll.budget.model import BudgetFile


def schema() -> dict[str, Any]:
    """Return it, with what is known of each indicator."""
    made = msgspec.json.schema(BudgetFile, schema_hook=_amount)
    indicator = made["$defs"]["Budget"]["properties"]["indicator"]
    indicator["enum"] = list(INDICATORS)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Plimsoll budget file", **made}


def _amount(wanted: type) -> dict[str, Any]:
    if wanted is not Amount:
        raise NotImplementedError(wanted)
    return {"type": ["string", "number"], "examples": list(EXAMPLES.values())}
