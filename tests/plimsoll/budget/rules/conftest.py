"""What tests of rules share: promtool, and the budget files there are."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from natalis.testing.servers import programs

_PATIENCE = 600  # seconds; it takes ten alone, and is not alone
Promtool = Callable[[str, str], str | None]
"""Tests rules by their tests; returns what promtool complains of, or None."""


@pytest.fixture
def promtool(tmp_path: Path) -> Promtool:
    """Have promtool check rules, and try them."""
    program = programs.find("promtool")

    def tried(rules: str, tests: str) -> str | None:
        (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
        (tmp_path / "rules.test.yaml").write_text(tests, encoding="utf-8")
        for words in (("check", "rules", "--lint-fatal", "rules.yaml"), ("test", "rules", "rules.test.yaml")):
            done = subprocess.run(
                [program, *words], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=_PATIENCE
            )
            if done.returncode != 0:
                return done.stdout + done.stderr
        return None

    return tried
