"""Rule: the contracts hold, and each of them notices when somebody walks through its wall."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of both packages, in which a test may misbehave."""
    folder = tmp_path_factory.mktemp("walls")
    for package in ("natalis", "plimsoll"):
        source = ROOT / "packages" / package / "src" / package
        shutil.copytree(source, folder / package, ignore=shutil.ignore_patterns("__pycache__", "*.csv"))
    shutil.copy(ROOT / ".importlinter", folder / ".importlinter")
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_every_contract_holds(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("natalis/api/app.py", "import natalis.stores.sqlite"),
        ("natalis/api/app.py", "import natalis.services.planner"),
        ("natalis/runtime/up.py", "import natalis.testing.builders"),
        ("natalis/services/planner.py", "import natalis.services.dispatcher"),
        ("natalis/services/planner.py", "import natalis.stores.sqlite"),
        ("natalis/usecases/why.py", "import natalis.runtime.settings"),
        ("natalis/domain/calendar.py", "import zoneinfo"),
        ("natalis/domain/calendar.py", "import natalis.ports.clock"),
        ("natalis/providers/http.py", "import click"),
        ("natalis/usecases/why.py", "import aiohttp"),
        ("natalis/runtime/up.py", "import plimsoll.load"),
        ("natalis/runtime/up.py", "import plimsoll.errors"),
        ("plimsoll/measure/__init__.py", "import natalis.domain"),
        ("plimsoll/measure/__init__.py", "import plimsoll.load"),
        ("plimsoll/report/__init__.py", "import grafana_foundation_sdk"),
    ],
)
def test_a_step_through_a_wall_is_noticed(copy: Path, module: str, statement: str) -> None:
    file = copy / module
    honest = file.read_text()
    file.write_text(f"{honest}\n{statement}\n")
    try:
        result = lint(copy)
    finally:
        file.write_text(honest)
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout


def test_a_room_without_a_place_is_noticed(copy: Path) -> None:
    room = copy / "natalis" / "shed.py"
    room.write_text('"""Whatever found no place."""\n')
    try:
        result = lint(copy)
    finally:
        room.unlink()
    assert result.returncode != 0
    assert "shed" in result.stdout
