"""What a request is called that was given no name."""

from __future__ import annotations

import pytest

from plimsoll.load.grouping import name_of


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/user/42", "/user/{id}"),
        ("/user/42/orders/7?page=2", "/user/{id}/orders/{id}"),
        ("/user/3f2504e0-4f89-11d3-9a0c-0305e82c3301#top", "/user/{id}"),
        ("/blob/d41d8cd98f00b204e9800998ecf8427e", "/blob/{id}"),
        ("/v2/health", "/v2/health"),
        ("/users/deadbeefdeadbeef", "/users/deadbeefdeadbeef"),  # no digit: a word, for all we know
        ("http://127.0.0.1:8000/user/42", "http://127.0.0.1:8000/user/{id}"),
        ("https://ann:secret@example.org/7", "https://example.org/{id}"),
        ("/file/7.json", "/file/{id}.json"),
    ],
)
def test_ids_query_and_password_are_no_part_of_a_name(url: str, name: str) -> None:
    assert name_of(url) == name


def test_a_name_is_no_longer_than_a_report_can_show() -> None:
    assert len(name_of("/" + "x" * 10_000)) == 200
