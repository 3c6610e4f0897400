"""Rule: a unit test cannot reach the network by accident."""

from __future__ import annotations

import socket

import pytest


def test_an_unmarked_test_cannot_bind() -> None:
    with socket.socket() as listener, pytest.raises(RuntimeError, match="network"):
        listener.bind(("127.0.0.1", 0))


@pytest.mark.network
def test_a_marked_test_can_bind() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
