"""What chaos stands on: servers of its own session, and a place to say what happened."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print a line that is seen also when the test passes: the seed, and how long recovery took."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}")

    return write
