"""The page: writes the newest figures that have a target into README.md, each with its verdict and its command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from perf.figures import RESULTS, written

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures: written by perf/page.py -->", "<!-- end of figures -->"
_HEAD = "| figure | found | target | judged | command |\n|---|---|---|---|---|\n"
_COMMANDS = {"peers": "make bench-peers"}


def update(readme: Path = README, results: Path = RESULTS) -> None:
    """Write the figures of the last whole runs between the marks of the page."""
    records = [json.loads(path.read_text("utf-8")) for path in sorted(results.glob("*.json"))]
    before, _, rest = readme.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n\n{table(records)}\n{END}{after}", "utf-8")


def table(records: Sequence[Mapping[str, Any]]) -> str:
    """Return the figures of whole runs that have a target, as a table of Markdown."""
    whole = [record for record in records if not record.get("quick") and "figures" in record]
    return _HEAD + "".join(row for record in whole for row in _rows(record))


def _rows(record: Mapping[str, Any]) -> Iterator[str]:
    name = record["benchmark"]
    command = _COMMANDS.get(name, f"python -m perf {name}")
    for figure in record["figures"]:
        if figure.get("judged"):
            found = f"{written(figure['value'])} {figure['unit']}".strip()
            yield f"| {figure['name']} | {found} | {figure['target']} | {figure['judged']} | `{command}` |\n"


if __name__ == "__main__":
    update()
