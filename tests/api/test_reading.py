"""Reading bodies and query strings: what is refused, and how it is said."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType

from natalis.api.problems import Refusal
from natalis.api.reading import read_json, read_query


class Note(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A body with a field of every sort."""

    title: Annotated[str, Meta(examples=["Hello"])]
    body_text: str | UnsetType = UNSET
    pages: int | UnsetType = UNSET
    colour: Literal["red", "green"] | UnsetType | None = UNSET


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """A query."""

    text: str | None = None
    limit: int = 10
    exact: bool = False


def faults_in(raw: bytes) -> dict[str, str]:
    with pytest.raises(Refusal) as refused:
        read_json(raw, Note)
    return {fault.field: f"{fault.problem}; {fault.remedy}" for fault in refused.value.faults}


def test_a_body_is_read_by_its_names_on_the_wire() -> None:
    assert read_json(b'{"title": "a", "bodyText": "b"}', Note) == Note("a", "b")


def test_every_fault_is_named_at_once() -> None:
    found = faults_in(b'{"bodyTxt": "x", "pages": "many", "colour": "blue"}')

    assert found == {
        "bodyTxt": "is not known here; did you mean bodyText?",
        "pages": "is a text instead of a whole number; see /docs",
        "colour": "cannot be 'blue'; use one of red, green",
        "title": 'is missing; give a value such as "Hello"',
    }


def test_a_field_that_is_given_twice_is_refused_even_when_all_else_is_right() -> None:
    assert faults_in(b'{"title": "a", "title": "b"}') == {"title": "is given 2 times; give it once"}


def test_a_text_may_hold_what_looks_like_a_member() -> None:
    assert read_json(b'{"title": "\\"title\\": 1, a:b"}', Note).title == '"title": 1, a:b'


@pytest.mark.parametrize("raw", [b'{"title": "\xff"}', b'{"title": "\\ud800"}', b'{"title": "\xed\xa0\x80"}'])
def test_what_is_not_unicode_is_found_in_its_field(raw: bytes) -> None:
    assert faults_in(raw)["title"].startswith("is not valid UTF-8")


def test_a_bare_line_break_is_found_in_its_field() -> None:
    assert faults_in(b'{"title": "a\r\nb"}')["title"].startswith("holds a control character")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"nothing", b'{"title": NaN}', b"\x00", b'{"title": "a"} x', b"\xef\xbb\xbf{}"]
)
def test_what_is_not_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_json(raw, Note)

    assert refused.value.kind.status == 400
    assert [fault.field for fault in refused.value.faults] == ["body"]


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"a"', b"null", b"true", b"1" * 5000])
def test_what_is_no_object_is_the_bodys_fault(raw: bytes) -> None:
    assert list(faults_in(raw)) == ["body"]


@pytest.mark.parametrize(("raw", "field"), [(b"[" * 100_000, "body"), (b'{"title": ' + b'{"a":' * 100_000, "title")])
def test_deep_nesting_is_refused_and_found(raw: bytes, field: str) -> None:
    assert list(faults_in(raw)) == [field]


def test_a_number_of_thousands_of_digits_is_refused_in_its_field() -> None:
    assert list(faults_in(b'{"title": ' + b"9" * 5_000 + b"}")) == ["title"]


@given(st.binary(max_size=200))
def test_no_bytes_at_all_raise_anything_but_a_refusal(raw: bytes) -> None:
    try:
        read_json(raw, Note)
    except Refusal as refused:
        assert refused.faults  # noqa: PT017 - both ways out are right


@given(
    st.dictionaries(
        st.text(max_size=8) | st.sampled_from(["title", "pages", "colour"]),
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5),
        max_size=5,
    )
)
def test_what_is_refused_has_a_fault_for_a_field_that_was_sent_or_is_missing(body: dict[str, Any]) -> None:
    try:
        read_json(json.dumps(body).encode(), Note)
    except Refusal as refused:
        assert {fault.field for fault in refused.faults} <= set(body) | {"title"}  # noqa: PT017 - as above


def test_a_query_is_read_with_its_defaults() -> None:
    assert read_query(b"text=a+b&exact=true", Search) == Search("a b", 10, exact=True)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"limt=5", "limt"),
        (b"limit=five", "limit"),
        (b"limit=", "limit"),
        (b"limit=1&limit=2", "limit"),
        (b"text=%ff", "text"),
        (b"text=a%00b", "text"),
        (b"exact=perhaps", "exact"),
        (b"&".join(b"a%d=1" % number for number in range(100)), "query"),
    ],
)
def test_a_query_that_cannot_be_right_is_refused_by_name(raw: bytes, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_query(raw, Search)

    assert refused.value.kind.status == 422
    assert [fault.field for fault in refused.value.faults] == [field]


@given(st.binary(max_size=100))
def test_no_query_string_raises_anything_but_a_refusal(raw: bytes) -> None:
    try:
        read_query(raw, Search)
    except Refusal as refused:
        assert refused.faults  # noqa: PT017 - both ways out are right
