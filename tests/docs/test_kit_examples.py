"""The page about logs, traces and errors of a service: its examples run as they are written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plimsoll" / "logs-traces-errors.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
LINES = re.findall(r"```json\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_has_examples() -> None:
    assert (len(EXAMPLES), len(LINES)) == (3, 1)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example: str) -> None:
    subprocess.run([sys.executable, "-c", example], check=True, timeout=60)


def test_the_line_that_is_shown_is_the_one_that_is_printed() -> None:
    ran = subprocess.run([sys.executable, "-c", EXAMPLES[0]], check=True, timeout=60, capture_output=True, text=True)

    printed, shown = json.loads(ran.stdout), json.loads(LINES[0])
    assert printed | {"@timestamp": shown["@timestamp"]} == shown
