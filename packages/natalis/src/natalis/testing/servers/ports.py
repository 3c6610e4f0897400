"""Free ports of this machine, each held for one server for as long as it exists, also while it is down."""

from __future__ import annotations

import contextlib
import errno
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LOWEST, _USUAL_LIMIT = 10_240, 32_768


@dataclass(frozen=True, slots=True)
class Port:
    """One TCP port of the loopback address, kept from every other user of this module on the machine until released.

    Attributes:
        number: the port.
        claim: what holds it: an abstract unix socket, which the kernel frees when we end, however we end.
    """

    number: int
    claim: socket.socket

    def release(self) -> None:
        """Let others have it."""
        self.claim.close()


def reserve() -> Port:
    """A port that nobody listens on, below those that the kernel hands out.

    A port that the kernel hands out may be taken by any client while our server is down; and a client that keeps trying
    such a port ends up connected to itself.

    Raises:
        OSError: a thousand ports tried and none was free.
    """
    for _ in range(1000):
        number = _LOWEST + secrets.randbelow(_limit() - _LOWEST)
        claim = _claim(number)
        if claim is None:
            continue
        if _nobody_listens(number):
            return Port(number, claim)
        claim.close()
    raise OSError(errno.EADDRINUSE, "no free port found in a thousand tries")


def _limit() -> int:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    return first if first > 2 * _LOWEST else _USUAL_LIMIT


def _claim(number: int) -> socket.socket | None:
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0natalis-port-{number}")
    except OSError:
        claim.close()
        return None
    return claim


def _nobody_listens(number: int) -> bool:
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        try:
            probe.bind((LOOPBACK, number))
        except OSError:
            return False
        return True


def answers(number: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((LOOPBACK, number), timeout=1).close()
    except OSError:
        return False
    return True
