"""`plimsoll init`: a first budget file for a service that runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from plimsoll.budget.file.reading import read_file
from plimsoll.cli.exit_codes import ExitCode

pytestmark = pytest.mark.network
METRICS = b"""build_info{service="shop"} 1
http_requests_total{method="GET",route="/orders",status_code="200"} 3
"""


class Handler(BaseHTTPRequestHandler):
    """A service with metrics at `/metrics`, and none at `/plain/metrics`."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/metrics" else 404)
        self.end_headers()
        self.wfile.write(METRICS if self.path == "/metrics" else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    serving.join()


def test_a_service_with_metrics_gets_endpoints_alerts_and_a_flow(typed: Any, url: str, tmp_path: Path) -> None:
    done = typed("init", tmp_path / "plimsoll.yaml", "--url", url)

    assert done.code == 0, done.err
    assert f"found 1 endpoint in {url}/metrics, in the dialect plimsoll" in done.out
    file = read_file(tmp_path / "plimsoll.yaml")
    assert file.service.name == "shop"
    assert [endpoint.name for endpoint in file.service.endpoints] == ["/orders"]
    assert (tmp_path / "flow.py").is_file()


@pytest.mark.parametrize("path", ["", "/metrics"])
def test_metrics_may_have_an_address_of_their_own(typed: Any, url: str, tmp_path: Path, path: str) -> None:
    done = typed("init", tmp_path / "plimsoll.yaml", "--url", f"{url}/plain", "--metrics", f"{url}{path}")

    assert done.code == 0, done.err
    file = read_file(tmp_path / "plimsoll.yaml")
    assert (file.service.name, file.service.url) == ("shop", f"{url}/plain")
    assert [endpoint.name for endpoint in file.service.endpoints] == ["/orders"]


def test_a_service_without_metrics_is_told_that_its_budgets_are_for_load_tests(
    typed: Any, url: str, tmp_path: Path
) -> None:
    done = typed("init", tmp_path / "plimsoll.yaml", "--url", f"{url}/plain", "--service", "bank")

    assert done.code == 0, done.err
    assert "budgets are for load tests alone" in done.out
    assert read_file(tmp_path / "plimsoll.yaml").service.name == "bank"


def test_nothing_is_written_over(typed: Any, url: str, tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text("mine", encoding="utf-8")

    done = typed("init", tmp_path / "plimsoll.yaml", "--url", url)

    assert done.code == ExitCode.INVALID_INPUT
    assert "flow.py is there already" in done.err
    assert not (tmp_path / "plimsoll.yaml").exists()


def test_a_service_that_is_away_is_said(typed: Any, tmp_path: Path) -> None:
    done = typed("init", tmp_path / "plimsoll.yaml", "--url", "http://127.0.0.1:9")

    assert done.code == ExitCode.TARGET_FAILED
    assert "no service answers at http://127.0.0.1:9" in done.err
