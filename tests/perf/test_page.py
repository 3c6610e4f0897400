"""The page of figures: what was found, beside what was asked for."""

from __future__ import annotations

import json
from pathlib import Path

from perf.figures import Figure
from perf.page import BEGIN, END, table, update
from perf.targets import at_least

RATE = Figure("imported", 25_900, "rows/s", at_least(30_000, stretch=60_000)).as_json()
COUNT = Figure("users", 1_000_000, "").as_json()
ROW = "| imported | 25,900 rows/s | at least 30,000, stretch 60,000 | missed | `python -m perf import_rows` |"


def test_a_figure_with_a_target_has_its_verdict_and_its_command_and_others_are_left_out() -> None:
    assert table([{"benchmark": "import_rows", "figures": [COUNT, RATE]}]).splitlines()[2:] == [ROW]


def test_runs_with_small_numbers_and_records_without_figures_are_left_out() -> None:
    assert len(table([{"benchmark": "x", "quick": True, "figures": [RATE]}, {"benchmark": "y"}]).splitlines()) == 2


def test_what_stands_around_the_figures_stays(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"# Before\n\n{BEGIN}\nold\n{END}\n\nAfter.\n")
    (tmp_path / "import_rows.json").write_text(json.dumps({"benchmark": "import_rows", "figures": [RATE]}))

    update(page, tmp_path)
    update(page, tmp_path)

    text = page.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("\n\nAfter.\n")
    assert text.count(ROW) == 1
    assert "old" not in text
