"""How a scenario may load a service: the names of the executors, which the load generator and k6 share."""

from __future__ import annotations

from typing import Final

EXECUTORS: Final = (
    "constant-vus",
    "ramping-vus",
    "per-vu-iterations",
    "shared-iterations",
    "constant-arrival-rate",
    "ramping-arrival-rate",
)
"""What they do is the load generator's matter, which knows the budget file, and not the other way round."""
