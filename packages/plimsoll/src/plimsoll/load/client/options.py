"""What can be set for the client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from plimsoll.errors import InvalidInput

MEBIBYTE: Final = 1024 * 1024


class Family(StrEnum):
    """Which addresses of a name are called."""

    PREFER_IPV4 = "prefer_ipv4"
    """Those of IPv4; those of IPv6 where there are none."""
    PREFER_IPV6 = "prefer_ipv6"
    ONLY_IPV4 = "ipv4"
    ONLY_IPV6 = "ipv6"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How the users of a run call; the defaults are k6's.

    Attributes:
        timeout: For a whole request, its redirects included.
        connect_timeout: For looking up, connecting and shaking hands.
        redirects: How many are followed; 0 for none, so that each is seen for what it is.
        headers: Sent with each request that does not set them itself.
        user_agent: Empty to send none.
        cookies: Whether users keep cookies.
        discard_bodies: Whether bodies are counted and dropped.
        body_limit: The most bytes of a body that are kept, packed and unpacked; a longer one is counted, not kept.
        reuse_connections: Whether a connection serves more than one request.
        connections: The most connections of a process; None for no limit. A request that must wait counts it as
            `blocked`; the connection that was idle longest makes room.
        connections_per_origin: The most connections of one user to one scheme, host and port.
        insecure: Whether any certificate will do.
        ca_file: PEM of the issuers to trust, in place of the system's.
        certificate: PEM of a client certificate, with its key or beside `key`.
        key: PEM of its key.
        hosts: Which address to call for a name, or for a name and port (`host:port`): an address, or `address:port`.
        family: Which addresses of a name are called.
        fall_back: Whether the further addresses of a name are tried, in order, when the one whose turn it is refuses.
            One that only takes its time is waited for: a full backlog is what a load test is to find.
        resume_tls: Whether a user's further connections to a host resume the TLS session, as those of browsers do.
        names_last: How long an address that was looked up is used; zero to look up for each connection.

    Raises:
        InvalidInput: One of them makes no sense.
    """

    timeout: timedelta = timedelta(seconds=60)
    connect_timeout: timedelta = timedelta(seconds=30)
    redirects: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    user_agent: str = "plimsoll"
    cookies: bool = True
    discard_bodies: bool = False
    body_limit: int = 64 * MEBIBYTE
    reuse_connections: bool = True
    connections: int | None = None
    connections_per_origin: int = 6
    insecure: bool = False
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    family: Family = Family.PREFER_IPV4
    fall_back: bool = True
    resume_tls: bool = True
    names_last: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        """Check them.

        Raises:
            InvalidInput: One of them makes no sense.
        """
        for name in ("connections", "connections_per_origin", "body_limit"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise InvalidInput(name, f"{value} is too few", "give 1 or more")
        for name in ("timeout", "connect_timeout"):
            if (value := getattr(self, name)) <= timedelta(0):
                raise InvalidInput(name, f"{value} leaves no time", "give a positive duration")
        if self.redirects < 0:
            raise InvalidInput("redirects", f"{self.redirects} is no number of them", "give 0 or more")
