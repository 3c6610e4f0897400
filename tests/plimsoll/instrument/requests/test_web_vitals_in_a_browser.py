"""The script of web vitals in a real browser: what a page measured is told once, when the page is left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from natalis.testing.servers.server import wait_until
from plimsoll.instrument.requests.web_vitals import Beacon, read_beacon, script

if TYPE_CHECKING:
    Browser = Any

pytestmark = pytest.mark.network
PATIENCE = timedelta(seconds=60)
PAGE = b"""<!doctype html><title>Ada</title><script src="/vitals" async data-page="/user/{id}"></script>
<h1>Ada Lovelace</h1><p>She was born on the tenth of December.</p><button>Greet</button>"""
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"
SEEN = """
for (const type of ["largest-contentful-paint", "layout-shift", "first-input"])
  new PerformanceObserver((list) => { window[type] = list.getEntries().length; }).observe({ type, buffered: true });
"""


@dataclass
class Site:
    """A page with the script, and the beacons that came.

    Attributes:
        url: Where it is; what a browser opens.
        beacons: What was told.
    """

    url: str = ""
    beacons: list[Beacon] = field(default_factory=list)

    def as_uri(self) -> str:
        return self.url


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = ("text/javascript", script()) if self.path == "/vitals" else ("text/html", PAGE)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            made.beacons.append(read_beacon(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}/user/1"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield made
        server.shutdown()
        serving.join()


def test_a_page_tells_how_it_felt_when_it_is_left(browser: Browser, site: Site) -> None:
    page = browser.open(site, width=800)
    page.ask(SEEN)
    wait_until(lambda: page.ask("window['largest-contentful-paint']") is not None, PATIENCE)
    page.ask("document.body.insertAdjacentHTML('afterbegin', '<svg width=9 height=300></svg>'), 0")
    wait_until(lambda: page.ask("window['layout-shift']") is not None, PATIENCE)
    for kind in ("mousePressed", "mouseReleased"):
        click = {"type": kind, "x": 20, "y": 20, "button": "left", "clickCount": 1}
        browser.call("Input.dispatchMouseEvent", page.session, **click)
    wait_until(lambda: page.ask("window['first-input']") is not None, PATIENCE)
    assert site.beacons == []

    browser.call("Page.navigate", page.session, url="about:blank")
    wait_until(lambda: bool(site.beacons), PATIENCE)

    (beacon,) = site.beacons
    assert beacon.page == "/user/{id}"
    assert set(beacon.vitals) == {"LCP", "INP", "CLS", "FCP", "TTFB"}
    assert 0 < beacon.vitals["CLS"] < 1
    assert 0 < beacon.vitals["TTFB"] <= beacon.vitals["FCP"] <= beacon.vitals["LCP"] < 600
    assert page.complaints == []
