"""What the reference of flows says is so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plimsoll.cli.exit_codes import ExitCode
from plimsoll.measure.tallies import Counter, Rate

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "flows.md").read_text(encoding="utf-8")


@pytest.mark.network
def test_the_example_runs(quick: str, load_run: Any, flow_file: Callable[[str], Path]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    done = load_run(str(flow_file(example)), "--url", quick, "--time-scale", "30")

    recording = done.run.recording
    assert recording.select("iteration_errors") is None, done.run.error_examples
    assert recording.select("http_reqs", {"name": "list"}) == Counter(90)
    assert recording.select("orders", {"shop": "main"}) == Counter(10)
    assert recording.select("checks") == Rate(100, 100)
    assert done.run.time_scale == 30


def test_every_exit_code_is_there() -> None:
    assert re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE) == [str(each.value) for each in sorted(ExitCode)]
