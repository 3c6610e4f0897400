"""The balancer bounds how fast and how much one client may ask, by the client's own address."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from natalis.api import problems
from natalis.testing.balancer import INSIDE, OUTSIDE, PROXY, Answer, Balancer, asked
from natalis.testing.stand_in import Behaviour, Holding, StandIn, answering

pytestmark = pytest.mark.network
BURST, AT_ONCE = 200, 10


def answers_until_refused(balancer: Balancer, source: str, headers: dict[str, str] | None = None) -> list[Answer]:
    """Ask as fast as one connection can, until the first refusal."""
    answers: list[Answer] = []
    with closing(balancer.client(source)) as connection:
        while not answers or (answers[-1].status == 200 and len(answers) < 20 * BURST):
            answers.append(asked(connection, "GET", "/user/1", headers=headers))
    return answers


def test_who_asks_too_fast_is_told_when_to_come_back_and_others_are_not_held_up(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    balancer = balance(stand_in(answering()).port)
    *served, refused = answers_until_refused(balancer, OUTSIDE)
    assert len(served) > BURST
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    assert balancer.ask("GET", "/user/1", source=INSIDE).status == 200


def test_behind_a_trusted_proxy_each_client_is_counted_by_its_own_address(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    balancer = balance(stand_in(answering()).port)
    answers_until_refused(balancer, PROXY, {"X-Forwarded-For": "203.0.113.8"})
    other = balancer.ask("GET", "/user/1", headers={"X-Forwarded-For": "203.0.113.9"}, source=PROXY)
    assert other.status == 200


def test_who_invents_addresses_is_counted_by_their_own(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    balancer = balance(stand_in(answering()).port)
    answers_until_refused(balancer, OUTSIDE, {"X-Forwarded-For": "203.0.113.8"})
    invented = [
        balancer.ask("GET", "/user/1", headers={"X-Forwarded-For": f"203.0.113.{last}"}, source=OUTSIDE).status
        for last in range(9, 109)
    ]
    assert 429 in invented  # a new place comes free every 10 ms; each of these would have 200 of its own


def test_one_address_has_ten_requests_under_way(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    holding = Holding()
    balancer = balance(stand_in(holding).port)
    with ThreadPoolExecutor(AT_ONCE + 1) as clients:
        under_way = [clients.submit(balancer.ask, "GET", "/user/1", source=OUTSIDE) for _ in range(AT_ONCE)]
        holding.await_arrivals(AT_ONCE)
        refused = balancer.ask("GET", "/user/1", source=OUTSIDE)
        other = clients.submit(balancer.ask, "GET", "/user/1", source=INSIDE)
        holding.await_arrivals(1)
        holding.released.set()
        assert [each.result().status for each in [*under_way, other]] == [200] * (AT_ONCE + 1)
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")


def test_a_body_over_the_limit_is_refused_before_it_is_sent(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn]
) -> None:
    api = stand_in(answering())
    balancer = balance(api.port)
    assert balancer.ask("PUT", "/user/1", body=b"x" * (1 << 20)).status == 200
    assert balancer.ask("PUT", "/user/1", body=b"x" * ((1 << 20) + 1)).status == 413
    with closing(balancer.client()) as client:
        client.putrequest("POST", "/user/bulk")
        client.putheader("Content-Length", str((1 << 30) + 1))
        client.endheaders()
        assert client.getresponse().status == 413
    assert len(api.received) == 1


def test_what_nginx_refuses_reads_as_the_apis_own_problems(
    balance: Callable[..., Balancer], stand_in: Callable[[Behaviour], StandIn], nobody: int
) -> None:
    balancer, alone = balance(stand_in(answering()).port), balance(nobody)
    found = {
        problems.TOO_FAST: answers_until_refused(balancer, OUTSIDE)[-1],
        problems.TOO_LARGE: balancer.ask("POST", "/user", body=b"x" * (2 << 20)),
        problems.NOT_FOUND: balancer.ask("GET", "/metrics", source="127.0.0.9"),
        problems.UNAVAILABLE: alone.ask("GET", "/user/1"),
    }
    for kind, answer in found.items():
        assert answer.headers["content-type"] == problems.MEDIA_TYPE
        told = answer.json()
        assert (told["type"], told["title"], told["status"]) == (kind.type, kind.title, answer.status)
        assert set(told) == {"type", "title", "status", "detail", "errors", "requestId"}
        assert told["requestId"] == answer.headers["x-request-id"]
