"""A service that fails once, for `test_errors.py`: `python reporting_process.py`, with Sentry's variables set."""

from __future__ import annotations

import logging
import os
import sys

from plimsoll.instrument.errors import read_options, reported
from plimsoll.instrument.logs import log_to, request_id
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.requests.lines import LOGGER
from plimsoll.instrument.traces import SpanKind, begun, span

SECRET = "shop_" + "x" * 43


def main() -> None:
    """Greet somebody, and fail."""
    redaction = Redaction(prefixes=("shop_",))
    log_to(sys.stderr, service="shop", as_json=True, redaction=redaction)
    log = logging.getLogger("shop")
    with reported(read_options(os.environ, service="shop", release="1.2.0"), redaction):
        request_id.set("0123456789abcdef")
        with begun("GET /person/{id}", SpanKind.SERVER) as request:
            request.set("url.path", "/person/ada@example.org")
            with span("select people", SpanKind.CLIENT, {"db.system.name": "postgresql"}):
                log.warning("ada@example.org was asked for with %s", SECRET)
            try:
                greet("ada@example.org", password="hunter2")
            except ValueError:
                log.exception("failed for %s", "ada@example.org", extra={"email": "ada@example.org"})
        logging.getLogger(LOGGER).error("GET /person/{id} 500")
    print("ended")  # noqa: T201 - what the test waits for


def greet(email: str, password: str) -> None:
    """Fail with what nobody should hear of, in the message and in variables."""
    token = f"Bearer {password}"
    raise ValueError(f"{email} of postgresql://shop:{password}@db/shop is refused {token}")


if __name__ == "__main__":
    main()
