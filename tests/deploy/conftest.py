"""What the tests of deploy/ stand on: the shipped files, and the balancer in front of servers of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from natalis.testing.balancer import Balancer
from natalis.testing.servers import ports
from natalis.testing.stand_in import Behaviour, StandIn

ROOT = Path(__file__).resolve().parents[2]
Balance: TypeAlias = Callable[..., Balancer]


@pytest.fixture(scope="session")
def deploy() -> Path:
    """Return the folder that is shipped."""
    return ROOT / "deploy"


@pytest.fixture
def balance(deploy: Path) -> Iterator[Balance]:
    """Starts the shipped balancer in front of ports of this machine."""
    with ExitStack() as running:
        yield lambda *apis, **options: running.enter_context(Balancer(deploy / "nginx", apis, **options))


@pytest.fixture
def stand_in() -> Iterator[Callable[[Behaviour], StandIn]]:
    """Starts a server that does as it is told."""
    with ExitStack() as running:
        yield lambda behaviour: running.enter_context(StandIn(behaviour))


@pytest.fixture
def nobody() -> Iterator[int]:
    """Return a port on which nobody listens."""
    port = ports.reserve()
    yield port.number
    port.release()
