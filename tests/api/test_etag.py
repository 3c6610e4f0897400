"""Entity tags: what the conditional headers ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.api.etag import expected_versions, is_known, tag_of
from natalis.errors import InvalidInput


@given(st.integers(1, 2**53))
def test_a_tag_that_was_given_out_is_understood_when_it_comes_back(version: int) -> None:
    assert expected_versions(tag_of(version)) == frozenset({version})
    assert is_known(tag_of(version), version)


@pytest.mark.parametrize("header", [None, "*", " * "])
def test_no_if_match_and_a_star_allow_any_version(header: str | None) -> None:
    assert expected_versions(header) is None


def test_a_list_of_tags_allows_each() -> None:
    assert expected_versions('"1", "2" ,"abc"') == frozenset({1, 2})


@pytest.mark.parametrize("header", ['W/"1"', '"abc"', '"1.0"', '"99999999999999999999999"', '""'])
def test_a_weak_or_foreign_tag_allows_no_version(header: str) -> None:
    assert expected_versions(header) == frozenset()


@pytest.mark.parametrize("header", ["1", '"1', "W/1", '"1" "2"', '"1",', "", "*, *"])
def test_what_is_no_tag_is_refused(header: str) -> None:
    with pytest.raises(InvalidInput, match="If-Match"):
        expected_versions(header)


@pytest.mark.parametrize(("header", "known"), [('W/"3"', True), ('"2", "3"', True), ("*", True), ('"2"', False)])
def test_if_none_match_compares_weakly(header: str, known: bool) -> None:
    assert is_known(header, 3) is known
