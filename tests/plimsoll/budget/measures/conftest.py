"""Asks promtool each of a module's `CASES`: series, and what a query must give with them."""

from __future__ import annotations

import json
import math
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from natalis.testing.servers import programs

SCRAPE = "15s"


@dataclass(frozen=True, slots=True)
class Case:
    """Series, and what a query must give with them two hours later: a value, or nothing where that is no number."""

    name: str
    series: tuple[tuple[str, str], ...]
    query: str
    value: float
    at: str = "2h"

    @property
    def asked(self) -> str:
        """The query as promtool is asked it: it compares exactly, and sums of fractions are not exact."""
        if math.isnan(self.value):
            return self.query
        return f"abs(({self.query}) - {self.value!r}) <= bool {1e-9 + 1e-6 * abs(self.value)!r}"

    def written(self) -> dict[str, Any]:
        samples = [] if math.isnan(self.value) else [{"labels": "{}", "value": 1}]
        return {
            "interval": SCRAPE,
            "input_series": [{"series": name, "values": values} for name, values in self.series],
            "promql_expr_test": [{"expr": self.asked, "eval_time": self.at, "exp_samples": samples}],
        }

    def is_refuted(self, said: str) -> bool:
        """Whether promtool, which knows no names of cases, says that this query gave something else."""
        return f"expr: {json.dumps(self.asked)}, time: {self.at}" in said


def cases_of(module: Any) -> list[Case]:
    """Return a module's cases, each of which has a name of its own."""
    found = [Case(*each) for each in module.CASES]
    names = [case.name for case in found]
    assert len(names) == len(set(names))
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "refutation" in metafunc.fixturenames:
        metafunc.parametrize("refutation", cases_of(metafunc.module), ids=lambda case: case.name, indirect=True)


@pytest.fixture(scope="module")
def verdict(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What promtool says of all cases of a module, each of which it understands."""
    cases = cases_of(request.module)
    file: Path = tmp_path_factory.mktemp("promtool") / "measures.yaml"
    tests = {"evaluation_interval": SCRAPE, "tests": [case.written() for case in cases]}
    file.write_text(yaml.safe_dump(tests, sort_keys=False, width=10_000), encoding="utf-8")
    command = [programs.find("promtool"), "test", "rules", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0 or any(case.is_refuted(said) for case in cases), said
    return said


@pytest.fixture
def refutation(request: pytest.FixtureRequest, verdict: str) -> str | None:
    """What promtool says, where it says that a case's query gave something else; None where it does not."""
    return verdict if request.param.is_refuted(verdict) else None
