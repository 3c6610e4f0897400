"""The router: which path leads where, and what it says when none does."""

from __future__ import annotations

import pytest

from natalis.api.problems import Refusal
from natalis.api.router import Router, route_of

ROUTER = Router(
    [
        ("GET", "/user", "list"),
        ("POST", "/user", "create"),
        ("POST", "/user/bulk", "bulk"),
        ("GET", "/user/{user_id}", "read"),
        ("PUT", "/user/{user_id}/occasions/{kind}", "put"),
    ]
)


@pytest.mark.parametrize("path", ["/user", "/user/"])
def test_a_slash_at_the_end_does_not_count(path: str) -> None:
    place, _ = ROUTER.find(path)

    assert route_of(place, "POST") == "create"


def test_what_stands_for_a_name_is_handed_on() -> None:
    place, params = ROUTER.find("/user/ada/occasions/anniversary")

    assert (place.path, dict(params)) == (
        "/user/{user_id}/occasions/{kind}",
        {"user_id": "ada", "kind": "anniversary"},
    )


def test_a_whole_path_goes_before_one_with_names() -> None:
    place, _ = ROUTER.find("/user/bulk")

    assert place.path == "/user/bulk"


@pytest.mark.parametrize("path", ["", "/", "/users", "/user/ada/x", "//", "/user//occasions/x", "user", "/x/user"])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(Refusal) as refused:
        ROUTER.find(path)

    assert refused.value.kind.status == 404


def test_a_method_that_nothing_answers_is_refused_with_those_that_something_does() -> None:
    place, _ = ROUTER.find("/user/ada")

    with pytest.raises(Refusal) as refused:
        route_of(place, "POST")

    assert (refused.value.kind.status, refused.value.headers) == (405, {"Allow": "GET, HEAD, OPTIONS"})
