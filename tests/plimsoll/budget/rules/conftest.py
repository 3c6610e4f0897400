"""What tests of rules share: promtool, and the budget files there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from natalis.testing.servers import programs
from natalis.testing.servers.programs import ProgramFailed

Promtool = Callable[[str, str], str | None]
"""Tests rules by their tests; returns what promtool complains of, or None."""


@pytest.fixture
def promtool(tmp_path: Path) -> Promtool:
    """Have promtool check rules, and try them."""
    program = programs.find("promtool")

    def tried(rules: str, tests: str) -> str | None:
        (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
        (tmp_path / "rules.test.yaml").write_text(tests, encoding="utf-8")
        try:
            programs.run([program, "check", "rules", "--lint-fatal", str(tmp_path / "rules.yaml")])
            programs.run([program, "test", "rules", str(tmp_path / "rules.test.yaml")])
        except ProgramFailed as failed:
            return str(failed)
        return None

    return tried
