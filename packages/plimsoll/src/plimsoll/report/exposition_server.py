"""Offers a run to Prometheus while it goes on: one page, `/metrics`, from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from plimsoll.errors import InvalidInput
from plimsoll.measure.recording import Recording
from plimsoll.measure.run import Judged
from plimsoll.report.exposition import exposition


class Page:
    """What is offered now; made anew once a second by who watches the run."""

    def __init__(self) -> None:
        self.text = exposition(Recording(), timedelta(0))

    def update(self, whole: Recording, last: Recording, elapsed: timedelta, thresholds: Sequence[Judged] = ()) -> None:  # noqa: ARG002 - only the whole is offered
        """Offer how it stands; called once a second."""
        self.text = exposition(whole, elapsed)


@contextmanager
def exposition_server(port: int, host: str = "") -> Iterator[Page]:
    """Serve a page for as long as the block lasts.

    Args:
        port: Where to listen; 0 for any that is free.
        host: On which address; empty for all.

    Raises:
        InvalidInput: The port is taken or not allowed.
    """
    page = Page()

    class Handler(BaseHTTPRequestHandler):
        """Answers each GET with the page."""

        def do_GET(self) -> None:
            """Answer."""
            body = page.text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            """Say nothing: standard error is the live view's."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except (OSError, OverflowError) as error:
        raise InvalidInput("--prometheus", f"port {port} cannot be used: {error}", "give another port") from error
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()
