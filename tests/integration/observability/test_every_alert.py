"""No alert of Natalis' budgets is left that was never seen to fire."""

from __future__ import annotations

from pathlib import Path

from plimsoll.budget.alerts import alerts_of
from plimsoll.budget.file.model import BudgetFile


def test_every_alert_is_provoked_by_a_test_beside_this_one(natalis: BudgetFile) -> None:
    provoked = "".join(each.read_text(encoding="utf-8") for each in Path(__file__).parent.glob("test_*_alerts.py"))
    provoked += Path(__file__).with_name("test_alerts.py").read_text(encoding="utf-8")

    assert {each.name for each in alerts_of(natalis) if f'"{each.name}"' not in provoked} == set()
