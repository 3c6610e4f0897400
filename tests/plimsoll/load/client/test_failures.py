"""Each failure has a name that is documented, and each error of the system is a failure."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from pathlib import Path

import pytest

from plimsoll.load.client.failures import Failure, failed

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "load-client.md"


def test_each_failure_is_documented_and_no_other() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE) == [str(each) for each in Failure]


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), Failure.CONNECTION_REFUSED),
        (OSError(errno.EHOSTUNREACH, "no route"), Failure.UNREACHABLE),
        (OSError(errno.ENETUNREACH, "no network"), Failure.UNREACHABLE),
        (ConnectionResetError(errno.ECONNRESET, "reset"), Failure.CONNECTION_RESET),
        (BrokenPipeError(errno.EPIPE, "broken"), Failure.CONNECTION_RESET),
        (ConnectionResetError(), Failure.CONNECTION_RESET),
        (ConnectionAbortedError(), Failure.CONNECTION_RESET),
        (TimeoutError(), Failure.CONNECT_TIMEOUT),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), Failure.CONNECT_TIMEOUT),
        (OSError(errno.EMFILE, "too many"), Failure.OUT_OF_FILES),
        (OSError(errno.EADDRNOTAVAIL, "none free"), Failure.OUT_OF_PORTS),
        (OSError(errno.EPERM, "not permitted"), Failure.NETWORK),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Failure.DNS),
        (ssl.SSLError(1, "wrong version"), Failure.TLS),
        (ssl.SSLCertVerificationError(1, "expired"), Failure.TLS_CERTIFICATE),
        (RuntimeError("surprise"), Failure.NETWORK),
    ],
)
def test_an_error_of_the_system_is_a_failure(error: Exception, failure: Failure) -> None:
    said = failed(error)
    assert said.failure is failure
    assert said.detail
