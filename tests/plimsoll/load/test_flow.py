"""Where flows are found, and whose turn it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.errors import InvalidInput, RunFailed
from plimsoll.load.flow import Mix, load_flows

Write = Callable[[str], Path]


def test_a_file_needs_nothing_but_one_function(flow_file: Write) -> None:
    found = load_flows(flow_file("async def checkout(session): ..."))

    assert list(found.flows) == ["checkout"]
    assert found.mix({}, "it").only is found.flows["checkout"]


def test_marked_flows_are_mixed_by_weight(flow_file: Write) -> None:
    found = load_flows(
        flow_file(
            "from plimsoll.load import flow\n"
            "@flow(weight=3)\nasync def read(session): ...\n"
            "@flow\nasync def write(session): ...\n"
            "async def other(session): ...\n"
        )
    )

    assert dict(found.weights) == {"read": 3, "write": 1}
    assert set(found.flows) == {"read", "write", "other"}


def test_of_several_unmarked_flows_the_one_called_default_is_meant(flow_file: Write) -> None:
    found = load_flows(flow_file("async def default(session): ...\nasync def other(session): ..."))

    assert dict(found.weights) == {"default": 1}


def test_it_is_asked_which_is_meant_where_that_is_not_clear(flow_file: Write) -> None:
    found = load_flows(flow_file("async def one(session): ...\nasync def two(session): ..."))

    with pytest.raises(InvalidInput, match=r"not clear which flow of flows.py is meant: one, two"):
        found.mix({}, "it")


def test_a_flow_that_is_not_there_is_refused_with_the_nearest(flow_file: Write) -> None:
    found = load_flows(flow_file("async def checkout(session): ..."))

    with pytest.raises(InvalidInput, match="did you mean checkout"):
        found.mix({"chekout": 1}, "it")


def test_setup_teardown_and_what_is_imported_are_no_flows(flow_file: Write) -> None:
    found = load_flows(
        flow_file(
            "from asyncio import sleep\n"
            "async def setup(session): ...\nasync def teardown(session, data): ...\n"
            "async def _private(session): ...\nasync def helps(a, b): ...\nasync def it(session): ...\n"
        )
    )

    assert list(found.flows) == ["it"]
    assert found.setup is not None
    assert found.teardown is not None


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("x = 1", InvalidInput, "it holds no flow"),
        ("async def x(session", InvalidInput, "flows.py, line 1"),
        ("1 / 0", RunFailed, "ZeroDivisionError"),
        ("options = 3\nasync def x(session): ...", InvalidInput, "int is no mapping"),
        ("from plimsoll.load import flow\n@flow(weight=0)\nasync def x(session): ...", InvalidInput, "no weight"),
    ],
)
def test_a_file_that_is_none_is_refused(flow_file: Write, text: str, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        load_flows(flow_file(text))


@given(st.lists(st.integers(1, 50), min_size=2, max_size=5))
def test_after_any_number_of_turns_each_flow_has_had_its_share(weights: list[int]) -> None:
    flows = [_flow() for _ in weights]
    mix = Mix(flows, weights)

    turns = Counter(id(mix.turn(number)) for number in range(2_000))

    for each, weight in zip(flows, weights, strict=True):
        assert abs(turns[id(each)] - 2_000 * weight / sum(weights)) < 10


def _flow() -> Callable[[Any], Awaitable[None]]:
    async def one(session: Any) -> None:
        del session

    return one
