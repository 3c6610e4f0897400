"""Where the nodes are: `QUEUE_URL` as one address for each node."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from natalis.errors import SettingsInvalid

_SCHEMES = {"amqp": 5672, "amqps": 5671}
_BETWEEN_URLS = re.compile(r"\s*,\s*(?=\w+://)")
_UNREADABLE = "its host or port cannot be read"  # not in whose words: what was taken for a port may be a password
_REMEDY = (
    "write amqp://user:password@host:5672/vhost; further nodes follow after commas, as hosts or as whole addresses"
)


def read_addresses(text: str) -> tuple[str, ...]:
    """Return one address for each node of a cluster.

    Args:
        text: `amqp://user:password@a:5672,b:5672/vhost`, or whole addresses separated by commas, or both.

    Raises:
        SettingsInvalid: It holds no address, or one that is none.
    """
    return tuple(address for url in _BETWEEN_URLS.split(text.strip()) for address in _nodes(url))


def shown(address: str) -> str:
    """Return an address as an error message may show it: host and port, without user and password."""
    parts = urlsplit(address)
    return f"{parts.hostname}:{parts.port or _SCHEMES[parts.scheme]}"


def _nodes(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _refused(_UNREADABLE) from None
    user, at, hosts = parts.netloc.rpartition("@")
    nodes = [urlunsplit(parts._replace(netloc=f"{user}{at}{host.strip()}")) for host in hosts.split(",")]
    for node in nodes:
        _check(node)
    return nodes


def _check(address: str) -> None:
    try:
        parts = urlsplit(address)
        fault = "" if parts.hostname else "it names no host"
        fault = fault if parts.scheme in _SCHEMES else f"{parts.scheme or 'nothing'}:// is no scheme of RabbitMQ's"
        _ = parts.port
    except ValueError:
        fault = _UNREADABLE
    if fault:
        raise _refused(fault)


def _refused(fault: str) -> SettingsInvalid:
    return SettingsInvalid((f"QUEUE_URL: {fault}; {_REMEDY}",))
