"""Redis as tests are given it."""

from __future__ import annotations

import pytest

from natalis.testing.servers.redis import RedisServer

pytestmark = pytest.mark.network


def test_it_is_empty_and_keeps_what_it_is_given(redis: RedisServer) -> None:
    assert redis.command("DBSIZE") == ":0"
    redis.command("SET", "name", "Zoë")
    assert redis.command("STRLEN", "name") == ":4"


@pytest.mark.parametrize("turn", [1, 2])
def test_nothing_is_left_for_the_next_test(redis: RedisServer, turn: int) -> None:
    assert redis.command("EXISTS", "left") == ":0"
    redis.command("SET", "left", str(turn))


def test_a_killed_one_refuses_and_comes_back_empty(redis: RedisServer) -> None:
    redis.command("SET", "name", "Ada")
    redis.kill()
    with pytest.raises(ConnectionRefusedError):
        redis.command("PING")
    redis.start()
    assert redis.command("DBSIZE") == ":0"


def test_a_durable_one_keeps_what_it_answered_over_a_kill() -> None:
    with RedisServer(durable=True) as server:
        server.command("SET", "name", "Ada")
        server.restart()
        assert server.command("STRLEN", "name") == ":3"


def test_a_paused_one_does_not_answer_until_it_is_resumed(redis: RedisServer) -> None:
    redis.pause()
    with pytest.raises(TimeoutError):
        redis.command("PING")
    redis.resume()
    assert redis.command("PING") == "+PONG"
