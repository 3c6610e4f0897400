"""Addresses: what may stand in `QUEUE_URL`."""

from __future__ import annotations

import pytest

from natalis.errors import SettingsInvalid
from natalis.transports.rabbitmq.addresses import read_addresses, shown


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("amqp://a", ["amqp://a"]),
        (" amqp://guest:guest@a:5672/shop ", ["amqp://guest:guest@a:5672/shop"]),
        ("amqp://u:p@a:1,b:2,c/shop", ["amqp://u:p@a:1/shop", "amqp://u:p@b:2/shop", "amqp://u:p@c/shop"]),
        ("amqps://u:p@a/x?heartbeat=5,amqp://b/y", ["amqps://u:p@a/x?heartbeat=5", "amqp://b/y"]),
        ("amqp://a/x, amqp://b,c/y", ["amqp://a/x", "amqp://b/y", "amqp://c/y"]),
        ("amqp://u:p@[::1]:5672,[::2]/x", ["amqp://u:p@[::1]:5672/x", "amqp://u:p@[::2]/x"]),
        ("amqp://u:p%2Cq@a", ["amqp://u:p%2Cq@a"]),
    ],
)
def test_each_node_gets_an_address_of_its_own(text: str, addresses: list[str]) -> None:
    assert list(read_addresses(text)) == addresses


@pytest.mark.parametrize(
    "text", ["", "a:5672", "redis://a", "amqp://", "amqp://a,,b", "amqp://a:port", "amqp://a:99999", "amqp://[::1"]
)
def test_what_is_no_address_is_refused_by_the_setting_s_name(text: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"QUEUE_URL: .*amqp://user:password@host:5672/vhost"):
        read_addresses(text)


def test_what_is_refused_is_not_repeated_for_it_may_be_a_password() -> None:
    with pytest.raises(SettingsInvalid) as refusal:
        read_addresses("amqp://ada:sec/ret@host/x")
    assert "sec" not in str(refusal.value)


@pytest.mark.parametrize(
    ("address", "text"),
    [("amqp://ada:secret@a/x", "a:5672"), ("amqps://ada:secret@a:7", "a:7"), ("amqps://b", "b:5671")],
)
def test_an_address_is_shown_without_its_password(address: str, text: str) -> None:
    assert shown(address) == text
