"""Batches to a collector over HTTP, by urllib3, which connections to anything on the web are made of."""

from __future__ import annotations

import gzip
import re
import ssl
from datetime import timedelta
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from plimsoll import __version__
from plimsoll.errors import InvalidInput
from plimsoll.instrument.traces.otlp.answers import Answer, Away, Refused
from plimsoll.instrument.traces.otlp.options import GZIP, Carriage
from plimsoll.instrument.traces.otlp.response import read_response

_LATER: Final = frozenset({429, 502, 503, 504})
"""Statuses after which OTLP has a sender try again."""
_WELL: Final = range(200, 300)
_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)  # decades; what is longer is no wish to be asked again


class HttpCollector:
    """A collector that takes `http/protobuf`.

    Args:
        url: Where spans are posted to, path included.
        carriage: How.

    Raises:
        InvalidInput: A certificate cannot be used, or the environment names a proxy that is none.
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
            return read_response(answer.data)
        said = f"status {answer.status}"
        return Away(said, _wait(answer.headers.get("retry-after", ""))) if answer.status in _LATER else Refused(said)

    def close(self) -> None:
        """Close the connection."""
        self._connections.clear()


def _connections(url: str, carriage: Carriage) -> urllib3.PoolManager:
    to = urlsplit(url)
    secured = _secured(carriage) if to.scheme == "https" else None
    proxy = getproxies().get(to.scheme)
    if not proxy or proxy_bypass(to.hostname or ""):
        return urllib3.PoolManager(ssl_context=secured)
    named = proxy if "://" in proxy else f"http://{proxy}"  # as everybody reads it
    user = urlsplit(named).netloc.rpartition("@")[0]
    known_by = urllib3.make_headers(proxy_basic_auth=unquote(user)) if user else None
    try:
        return urllib3.ProxyManager(named, proxy_headers=known_by, ssl_context=secured)
    except urllib3.exceptions.HTTPError:
        problem = "the proxy that it names for the collector of traces is none of HTTP"
        raise InvalidInput(
            f"{to.scheme}_proxy", problem, "write it as http://HOST:PORT, or list the host in no_proxy"
        ) from None


def _secured(carriage: Carriage) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=carriage.certificate or None)
    except OSError as error:
        raise _unreadable("CERTIFICATE", carriage.certificate, error) from None
    if carriage.client_certificate:
        try:
            context.load_cert_chain(carriage.client_certificate, carriage.client_key or None)
        except OSError as error:
            raise _unreadable("CLIENT_CERTIFICATE", carriage.client_certificate, error) from None
    return context


def _unreadable(what: str, file: str, error: OSError) -> InvalidInput:
    return InvalidInput(
        f"OTEL_EXPORTER_OTLP_{what}", f"{file} cannot be used ({error.strerror})", "name a file in PEM form"
    )


def _wait(said: str) -> timedelta | None:
    return timedelta(seconds=int(said)) if _SECONDS.fullmatch(said) else None
