"""The client's options from a plan's."""

from __future__ import annotations

from pathlib import Path

from plimsoll.load.client.options import ClientOptions
from plimsoll.load.plan import Calling


def client_options(calling: Calling) -> ClientOptions:
    """Return how to call."""
    return ClientOptions(
        timeout=calling.timeout,
        connect_timeout=min(calling.timeout, ClientOptions().connect_timeout),
        redirects=calling.redirects,
        headers=calling.headers,
        user_agent=calling.user_agent,
        cookies=calling.cookies,
        discard_bodies=calling.discard_bodies,
        reuse_connections=calling.reuse_connections,
        connections_per_origin=calling.connections_per_origin,
        insecure=calling.insecure,
        ca_file=_path(calling.ca_file),
        certificate=_path(calling.certificate),
        key=_path(calling.key),
        hosts=calling.hosts,
        fall_back=calling.fall_back,
        resume_tls=calling.resume_tls,
    )


def _path(text: str) -> Path | None:
    return Path(text) if text else None
