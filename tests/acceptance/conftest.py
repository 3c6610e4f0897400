"""What the acceptance tests stand on: the real commands, in processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from natalis.testing.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
