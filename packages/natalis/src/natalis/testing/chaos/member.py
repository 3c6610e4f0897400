"""A process of the fleet whose clock can be set off: `python -m natalis.testing.chaos.member ROLE CLOCK`.

It is `natalis ROLE` with another clock at the clock port: the runtime is the shipped one, and knows nothing of it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from natalis.runtime.observation import log
from natalis.runtime.roles import Role
from natalis.runtime.settings import load
from natalis.runtime.up import up
from natalis.testing.chaos.clock import SkewedClock


def main(arguments: Sequence[str]) -> None:
    """Run one role until a signal comes; the environment has the settings."""
    role, clock = arguments
    settings = load(os.environ)
    log(settings, sys.stderr, as_json=True)
    uvloop.run(up(settings, SkewedClock(Path(clock)), announce=lambda _: None, roles={Role(role)}))


if __name__ == "__main__":
    main(sys.argv[1:])
