"""Running the command line: in this process for speed, through the installed `natalis` where a process matters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from natalis.cli.app import run
from natalis.testing.command_line import Natalis, Ran


@pytest.fixture
def natalis(capsys: pytest.CaptureFixture[str], clean: Path) -> Natalis:
    """Run a command line in this process, in an empty folder."""
    del clean

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return call


@pytest.fixture
def process(clean: Path) -> Natalis:
    """Run a command line as a process of its own, in an empty folder."""

    def call(*arguments: str) -> Ran:
        command = [str(Path(sys.executable).with_name("natalis")), *arguments]
        done = subprocess.run(command, cwd=clean, capture_output=True, text=True, timeout=120, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return an empty folder that is the current one, with no settings in the environment."""
    for name in list(os.environ):
        if name.startswith("NATALIS_") or name.endswith("_URL"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path
