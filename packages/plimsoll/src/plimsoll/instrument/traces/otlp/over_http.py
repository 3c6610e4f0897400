"""Batches to a collector over HTTP, by urllib3, which connections to anything on the web are made of."""

from __future__ import annotations

import gzip
import ssl
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from plimsoll import __version__
from plimsoll.instrument.traces.otlp.answers import Answer, Away, Refused, Taken
from plimsoll.instrument.traces.otlp.options import GZIP, Carriage

_LATER: Final = frozenset({429, 502, 503, 504})
"""Statuses after which OTLP has a sender try again."""
_WELL: Final = range(200, 300)


class HttpCollector:
    """A collector that takes `http/protobuf`.

    Args:
        url: Where spans are posted to, path included.
        carriage: How.
    """

    def __init__(self, url: str, carriage: Carriage) -> None:
        self._url = url
        self._is_packed = carriage.compression == GZIP
        self._timeout = urllib3.Timeout(total=carriage.timeout.total_seconds())
        self._headers = {
            "content-type": "application/x-protobuf",
            "user-agent": f"plimsoll/{__version__}",
            **({"content-encoding": "gzip"} if self._is_packed else {}),
            **carriage.headers,
        }
        self._connections = _connections(url, carriage)

    def send(self, body: bytes) -> Answer:
        """Post a batch."""
        content = gzip.compress(body) if self._is_packed else body
        try:
            answer = self._connections.request(
                "POST",
                self._url,
                body=content,
                headers=self._headers,
                timeout=self._timeout,
                retries=False,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            return Away(str(error))
        if answer.status in _WELL:
            return Taken()
        said = f"status {answer.status}"
        return Away(said, _wait(answer.headers.get("retry-after", ""))) if answer.status in _LATER else Refused(said)

    def close(self) -> None:
        """Close the connection."""
        self._connections.clear()


def _connections(url: str, carriage: Carriage) -> urllib3.PoolManager:
    to = urlsplit(url)
    secured = _secured(carriage) if to.scheme == "https" else None
    proxy = getproxies().get(to.scheme)
    if proxy and not proxy_bypass(to.hostname or ""):
        return urllib3.ProxyManager(proxy, ssl_context=secured)
    return urllib3.PoolManager(ssl_context=secured)


def _secured(carriage: Carriage) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=carriage.certificate or None)
    if carriage.client_certificate:
        context.load_cert_chain(carriage.client_certificate, carriage.client_key or None)
    return context


def _wait(said: str) -> timedelta | None:
    return timedelta(seconds=int(said)) if said.isascii() and said.isdecimal() else None
