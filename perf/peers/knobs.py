"""Knobs: what was tuned by trial. Each contender names its best values; a trial turns some of them for one run."""

from __future__ import annotations

import os
from collections.abc import Mapping

VARIABLE = "PEERS_KNOBS"


def turned(best: Mapping[str, int | str]) -> dict[str, int | str]:
    """Return the best values, with those that this run's `PEERS_KNOBS` (`name=value name=value`) turns.

    Raises:
        ValueError: A value should be a number.
    """
    given = dict(pair.split("=", 1) for pair in os.environ.get(VARIABLE, "").split())
    return {name: type(value)(given.get(name, value)) for name, value in best.items()}
