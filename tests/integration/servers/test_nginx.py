"""nginx as tests are given it."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable

import pytest

from natalis.testing.servers import ports
from natalis.testing.servers.nginx import Nginx
from natalis.testing.servers.programs import ProgramFailed

pytestmark = pytest.mark.network

_ANSWERS = """
worker_processes 1;
events {}
http {
    server {
        listen 127.0.0.1:${PORT};
        location / { return 200 "on my day"; }
    }
}
"""


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=2) as answer:
        return str(answer.read().decode())


def test_it_runs_the_configuration_and_writes_to_its_own_folder(nginx: Callable[[str], Nginx]) -> None:
    server = nginx(_ANSWERS)
    assert _get(server.url) == "on my day"
    server.stop()  # it answers first and logs then
    assert "GET / HTTP/1.1" in (server.folder / "access.log").read_text()


def test_a_configuration_that_it_refuses_is_refused_with_the_reason(nginx: Callable[[str], Nginx]) -> None:
    with pytest.raises(ProgramFailed, match='"limit_req_zone" directive is not allowed here'):
        nginx(_ANSWERS.replace("location", "limit_req_zone $uri zone=a:1m rate=1r/s; location"))


def test_it_can_be_killed_and_stopped_and_comes_back(nginx: Callable[[str], Nginx]) -> None:
    server = nginx(_ANSWERS)
    server.restart()
    assert _get(server.url) == "on my day"
    server.stop()
    assert not ports.answers(server.port)
    server.configure(_ANSWERS.replace("on my day", "again"))
    server.start()
    assert _get(server.url) == "again"


def test_a_paused_one_does_not_answer_until_it_is_resumed(nginx: Callable[[str], Nginx]) -> None:
    server = nginx(_ANSWERS)
    server.pause()
    with pytest.raises(TimeoutError):
        _get(server.url)
    server.resume()
    assert _get(server.url) == "on my day"
