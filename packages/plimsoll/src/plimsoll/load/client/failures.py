"""What can go wrong with a request: stable names that reports count, and which one an error of the system is."""

from __future__ import annotations

import errno
import socket
import ssl
from enum import StrEnum


class Failure(StrEnum):
    """Why a request came to no answer, or to none that can be used."""

    BAD_REQUEST = "bad_request"
    """It could not be asked: an address that is none, a header that holds a line break."""
    DNS = "dns"
    """The name was not found."""
    CONNECTION_REFUSED = "connection_refused"
    UNREACHABLE = "unreachable"
    """There is no way to the address."""
    CONNECT_TIMEOUT = "connect_timeout"
    """Looking up the name, connecting and shaking hands took too long, or no connection slot came free in time."""
    TLS = "tls"
    """The TLS handshake failed."""
    TLS_CERTIFICATE = "tls_certificate"
    """The certificate is not to be trusted: expired, for another host, of an unknown issuer."""
    CONNECTION_RESET = "connection_reset"
    CONNECTION_CLOSED = "connection_closed"
    """It was closed, in order, before the answer was whole."""
    TIMEOUT = "timeout"
    BAD_RESPONSE = "bad_response"
    """What came is not HTTP/1.1."""
    HEADERS_TOO_LARGE = "headers_too_large"
    BODY_TOO_LARGE = "body_too_large"
    """It was counted to its end, and not kept."""
    BAD_ENCODING = "bad_encoding"
    """The body is not packed as its header says."""
    TOO_MANY_REDIRECTS = "too_many_redirects"
    OUT_OF_FILES = "out_of_files"
    """The generator's own: it may open no more files."""
    OUT_OF_PORTS = "out_of_ports"
    """The generator's own: no port is free to connect from."""
    NETWORK = "network"
    """Anything else that the system said."""


_BY_NUMBER = {
    errno.ECONNREFUSED: Failure.CONNECTION_REFUSED,
    errno.EHOSTUNREACH: Failure.UNREACHABLE,
    errno.ENETUNREACH: Failure.UNREACHABLE,
    errno.ECONNRESET: Failure.CONNECTION_RESET,
    errno.EPIPE: Failure.CONNECTION_RESET,
    errno.ECONNABORTED: Failure.CONNECTION_RESET,
    errno.ETIMEDOUT: Failure.CONNECT_TIMEOUT,
    errno.EMFILE: Failure.OUT_OF_FILES,
    errno.ENFILE: Failure.OUT_OF_FILES,
    errno.EADDRNOTAVAIL: Failure.OUT_OF_PORTS,
}


_BY_KIND: tuple[tuple[type[BaseException], Failure], ...] = (
    (ssl.SSLCertVerificationError, Failure.TLS_CERTIFICATE),
    (ssl.CertificateError, Failure.TLS_CERTIFICATE),
    (ssl.SSLError, Failure.TLS),
    (socket.gaierror, Failure.DNS),
)

_WITHOUT_NUMBER: tuple[tuple[type[BaseException], Failure], ...] = (
    (TimeoutError, Failure.CONNECT_TIMEOUT),
    (ConnectionError, Failure.CONNECTION_RESET),
)


class Failed(Exception):
    """A step of a request failed; never leaves this room."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


def failed(error: BaseException) -> Failed:
    """Return what an error of the system means."""
    return Failed(_failure(error), str(error) or type(error).__name__)


def _failure(error: BaseException) -> Failure:
    for kind, failure in _BY_KIND:
        if isinstance(error, kind):
            return failure
    number = error.errno if isinstance(error, OSError) else None
    if number is not None:
        return _BY_NUMBER.get(number, Failure.NETWORK)
    return next((failure for kind, failure in _WITHOUT_NUMBER if isinstance(error, kind)), Failure.NETWORK)
