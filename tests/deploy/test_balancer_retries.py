"""The balancer goes past an API that fails, and sends nothing twice that must not be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest

from natalis.testing.balancer import PATIENCE, Balancer
from natalis.testing.stand_in import Behaviour, StandIn, answering, cutting, read_body

pytestmark = pytest.mark.network
FAILURES = {"cut": cutting} | {str(status): answering(status) for status in (502, 503, 504)}
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93"}


def failed_once(balancer: Balancer, broken: StandIn, method: str, path: str, headers: dict[str, str]) -> list[int]:
    """Ask until the broken API was asked; return every answer. Which API is asked first is for the balancer to say."""
    body = b"{}" if method in {"POST", "PUT", "PATCH"} else None
    answers: list[int] = []
    while not broken.received and len(answers) < 20:
        answers.append(balancer.ask(method, path, body=body, headers=headers).status)
    return answers


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [(method, "/user/1", {}) for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")] + [("POST", "/user", KEY)],
)
def test_what_may_be_repeated_goes_on_to_another_api(  # noqa: PLR0917 - parameters and fixtures, by name
    method: str,
    path: str,
    headers: dict[str, str],
    failure: str,
    balance: Callable[..., Balancer],
    stand_in: Callable[[Behaviour], StandIn],
) -> None:
    broken, well = stand_in(FAILURES[failure]), stand_in(answering())
    answers = failed_once(balance(broken.port, well.port), broken, method, path, headers)
    assert set(answers) == {200}
    assert (len(broken.received), len(well.received)) == (1, len(answers))


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/user"), ("PATCH", "/user/1"), ("POST", "/deliveries/1/retry"), ("POST", "/user/bulk")],
)
def test_what_may_not_be_repeated_is_sent_once(
    method: str, path: str, failure: str, balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    broken, well = stand_in(FAILURES[failure]), stand_in(answering())
    answers = failed_once(balance(broken.port, well.port), broken, method, path, {})
    assert answers[-1] == (502 if failure == "cut" else int(failure))
    assert (len(broken.received), len(well.received)) == (1, len(answers) - 1)


def test_the_body_and_the_key_arrive_at_the_second_api_too(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    arrived: list[bytes] = []

    def keep(request: BaseHTTPRequestHandler) -> None:
        arrived.append(read_body(request))
        request.close_connection = True

    one, other = stand_in(keep), stand_in(keep)
    balance(one.port, other.port).ask("POST", "/user", body=b'{"firstName":"Zoe"}', headers=KEY)
    assert arrived == [b'{"firstName":"Zoe"}'] * 2
    assert [each.received[0].headers["idempotency-key"] for each in (one, other)] == [KEY["Idempotency-Key"]] * 2


@pytest.mark.parametrize(("method", "path"), [("POST", "/user"), ("PATCH", "/user/1"), ("POST", "/user/bulk")])
def test_what_never_left_goes_on_whatever_it_is(
    method: str, path: str, nobody: int, balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    alive = stand_in(answering())
    balancer = balance(nobody, alive.port)
    assert [balancer.ask(method, path, body=b"{}").status for _ in range(4)] == [200] * 4


def test_an_api_that_failed_three_times_is_left_out(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    broken, well = stand_in(cutting), stand_in(answering())
    balancer = balance(broken.port, well.port)
    assert {balancer.ask("GET", "/user/1").status for _ in range(20)} == {200}
    assert len(broken.received) == 3


def test_an_api_that_says_it_is_not_ready_is_heard_and_stays_in(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    api = stand_in(answering(503))
    balancer = balance(api.port, api.port)
    assert [balancer.ask("GET", "/ready").status for _ in range(10)] == [503] * 10
    assert len(api.received) == 10


@pytest.mark.parametrize(("method", "path"), [("GET", "/user/1"), ("POST", "/user"), ("POST", "/user/bulk")])
def test_when_all_apis_refuse_they_are_heard_and_asked_again_as_soon_as_they_can(
    method: str, path: str, balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    statuses = [503]

    def behave(request: BaseHTTPRequestHandler) -> None:
        answering(statuses[-1], body=b'{"of":"the api"}')(request)

    balancer = balance(*(stand_in(behave).port for _ in range(3)))
    for _ in range(12):  # three failures each, and more
        refused = balancer.ask("GET", "/user/1")
        assert (refused.status, refused.json()) == (503, {"of": "the api"})
    statuses.append(200)
    body = None if method == "GET" else b"x" * 100_000
    assert balancer.ask(method, path, body=body).status == 200


def test_a_bulk_body_that_comes_slowly_arrives_whole_though_all_apis_refused_before(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    arrived: list[bytes] = []
    begun = threading.Event()

    def behave(request: BaseHTTPRequestHandler) -> None:
        begun.set()
        arrived.append(read_body(request))
        request.send_response(200 if request.path == "/user/bulk" else 503)
        request.send_header("Content-Length", "0")
        request.end_headers()

    balancer = balance(*(stand_in(behave).port for _ in range(2)))
    assert {balancer.ask("GET", "/user/1").status for _ in range(8)} == {503}  # three failures each, and more
    begun.clear()
    with closing(balancer.client()) as client:
        client.putrequest("POST", "/user/bulk")
        client.putheader("Content-Length", "200000")
        client.endheaders(b"x" * 100_000)
        assert begun.wait(PATIENCE)
        client.send(b"y" * 100_000)
        assert client.getresponse().status == 200
    assert arrived[-1] == b"x" * 100_000 + b"y" * 100_000


def test_a_post_that_was_cut_goes_nowhere_else_also_when_all_others_are_left_out(
    nobody: int, balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    api = stand_in(cutting)
    balancer = balance(api.port, nobody)
    assert {balancer.ask("POST", "/user", body=b"{}").status for _ in range(8)} == {502}
    assert len(api.received) <= 2 * 3  # each of the two lists gives up after three


def test_nobody_there_is_told_as_a_problem_with_a_time_to_come_back(
    nobody: int, balance: Callable[..., Balancer]
) -> None:
    answer = balance(nobody).ask("GET", "/user/1")
    assert (answer.status, answer.headers["content-type"]) == (502, "application/problem+json")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
