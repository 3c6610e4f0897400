"""What the balancer lets through, hides, passes on and writes down."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from natalis.testing.balancer import INSIDE, OUTSIDE, PATIENCE, PROXY, Balancer, asked
from natalis.testing.stand_in import Behaviour, StandIn, answering

pytestmark = pytest.mark.network
HIDDEN = ["/metrics", "/metrics/", "//metrics", "/%6detrics", "/user/../metrics", "/metrics%2F", "/metrics?x=1"]


@pytest.mark.parametrize("path", [*HIDDEN, "/nginx_status"])
def test_metrics_are_for_inside_only(
    path: str, balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    balancer = balance(stand_in(answering()).port)
    assert balancer.ask("GET", path, source=INSIDE).status == 200
    assert balancer.ask("GET", path, source=OUTSIDE).status == 404


def test_inside_is_judged_by_the_client_behind_a_proxy_and_by_nobodys_word(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    balancer = balance(stand_in(answering()).port)

    def status(source: str, claimed: str) -> int:
        return balancer.ask("GET", "/metrics", headers={"X-Forwarded-For": claimed}, source=source).status

    assert status(PROXY, "203.0.113.9") == 404
    assert status(PROXY, "127.0.0.1") == 200
    assert status(OUTSIDE, "127.0.0.1") == 404
    assert status(PROXY, "127.0.0.1, 203.0.113.9") == 404
    assert status(INSIDE, "203.0.113.9") == 200


def test_the_api_learns_who_asks_as_whom_and_under_which_id(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    api = stand_in(answering())
    balancer = balance(api.port)
    claims = {"X-Forwarded-For": "203.0.113.9", "X-Request-Id": "from-the-client.1", "Host": "mail.example.org:8080"}
    balancer.ask("GET", "/user/1", headers=claims, source=OUTSIDE)
    headers = api.received[0].headers
    assert headers["x-forwarded-for"] == OUTSIDE
    assert headers["x-request-id"] == "from-the-client.1"
    assert headers["host"] == "mail.example.org:8080"


@pytest.mark.parametrize("offered", ["short", "x" * 65, 'no "quotes"', ""])
def test_an_id_that_will_not_do_is_replaced(
    offered: str, balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    api = stand_in(answering())
    balance(api.port).ask("GET", "/user/1", headers={"X-Request-Id": offered})
    given = api.received[0].headers["x-request-id"]
    assert len(given) == 32
    assert given != offered


def test_large_answers_are_compressed_for_who_asks(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    people = json.dumps([{"firstName": "Zoë"}] * 500).encode()
    balancer = balance(stand_in(answering(body=people)).port)
    packed = balancer.ask("GET", "/user?limit=500", headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert len(packed.body) < len(people) / 10
    assert packed.json() == json.loads(people)
    assert "content-encoding" not in balancer.ask("GET", "/user?limit=500").headers


def test_the_tag_of_a_user_stays_one_that_if_match_takes(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    long = json.dumps({"occasions": ["anniversary"] * 500}).encode()
    balancer = balance(stand_in(answering(body=long, headers={"ETag": '"7"'})).port)
    assert balancer.ask("GET", "/user/1", headers={"Accept-Encoding": "gzip"}).headers["etag"] == '"7"'


def test_a_bulk_body_is_passed_on_while_it_is_sent(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    first, rest = b"x" * 65_536, b"y" * 65_536
    arrived = threading.Event()

    def take(request: BaseHTTPRequestHandler) -> None:
        if request.rfile.read(len(first)) == first:
            arrived.set()
        request.rfile.read(len(rest))
        request.send_response(204)
        request.end_headers()

    with closing(balance(stand_in(take).port).client()) as client:
        client.putrequest("POST", "/user/bulk")
        client.putheader("Content-Length", str(len(first) + len(rest)))
        client.endheaders(first)
        assert arrived.wait(PATIENCE)
        client.send(rest)
        assert client.getresponse().status == 204


def test_the_results_of_a_bulk_body_arrive_while_it_is_worked_on(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    go_on = threading.Event()

    def results(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "application/x-ndjson")
        request.send_header("Content-Length", "4")
        request.end_headers()
        request.wfile.write(b"1\n")
        go_on.wait(PATIENCE)
        request.wfile.write(b"2\n")

    with closing(balance(stand_in(results).port).client()) as client:
        client.request("POST", "/user/bulk")
        answer = client.getresponse()
        assert answer.read(2) == b"1\n"
        go_on.set()
        assert answer.read() == b"2\n"


def test_connections_to_the_apis_are_kept(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    clients: set[object] = set()

    def remember(request: BaseHTTPRequestHandler) -> None:
        clients.add(request.client_address)
        answering()(request)

    with closing(balance(stand_in(remember).port).client()) as client:
        for _ in range(20):
            asked(client, "GET", "/user/1")
    assert len(clients) == 1


def test_the_log_says_who_asked_what_of_whom_and_keeps_secrets_out(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    api = stand_in(answering())
    balancer = balance(api.port)
    balancer.ask("GET", "/user?email=zoe@example.org", headers={"X-Request-Id": "looked-for"}, source=OUTSIDE)
    balancer.ask("POST", "/unsubscribe/secret-of-zoe", body=b"")
    balancer.stop()  # it writes the last line when the answer is gone
    first, second = balancer.logged()
    assert first["http.request.id"] == "looked-for"
    assert (first["client.ip"], first["url.path"], first["http.response.status_code"]) == (OUTSIDE, "/user", "200")
    assert first["nginx.upstream.address"] == f"127.0.0.1:{api.port}"
    assert second["url.path"] == "/unsubscribe/-"
    assert "secret-of-zoe" not in balancer.log.read_text()
    assert "zoe@example.org" not in balancer.log.read_text()


def test_it_ends_tls_itself_where_it_is_told_to(
    tmp_path: Path, balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    certificate, key = tmp_path / "tls-certificate", tmp_path / "tls-key"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run(["openssl", "req", "-x509", "-nodes", *curve, *files, *subject], check=True, capture_output=True)
    api = stand_in(answering())
    balancer = balance(api.port, listen="listen-tls.conf", secrets=tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with closing(HTTPSConnection("localhost", balancer.port, timeout=PATIENCE, context=trusting)) as client:
        answer = asked(client, "GET", "/user/1")
    assert answer.status == 200
    assert "max-age" in answer.headers["strict-transport-security"]
    assert api.received[0].headers["x-forwarded-proto"] == "https"
