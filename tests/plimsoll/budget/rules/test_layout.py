"""A long query is laid out in lines, and means what it meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from plimsoll.budget.file.reading import read_file
from plimsoll.budget.rules.layout import laid_out
from plimsoll.budget.rules.rendered import groups_in

ROOT = Path(__file__).parents[4]
FILES = [ROOT / "perf/plimsoll.yaml", *sorted(ROOT.glob("examples/*/plimsoll.yaml"))]
QUERIES = [rule.expr for path in FILES for group in groups_in(read_file(path)) for rule in group.rules]


def joined(laid: str) -> str:
    return " ".join(line.strip() for line in laid.splitlines()).replace("( ", "(").replace(" )", ")")


def test_only_spaces_change() -> None:
    assert [joined(laid_out(query)) for query in QUERIES] == QUERIES


def test_what_is_short_stays_in_its_line() -> None:
    assert laid_out("a > 1 and b < 2") == "a > 1 and b < 2"


def test_what_binds_weakest_breaks_first() -> None:
    long, longer = "a" * 60, "b" * 80

    assert laid_out(f"{long} > 1 and {long} < 2 or f({longer} / 2 > 3)") == (
        f"{long} > 1\nand {long} < 2\nor f({longer} / 2 > 3)"
    )


def test_what_is_in_quotes_is_not_taken_apart() -> None:
    told = 'a{b="' + "x or (y and " * 12 + '"}'

    assert laid_out(f"{told} or {told}") == f"{told}\nor {told}"


@pytest.mark.parametrize("query", ["(" * 80 + "a" * 80 + ")" * 80, "f(" + "a" * 120 + ")", "a" * 130])
def test_what_has_no_place_to_break_is_left_whole(query: str) -> None:
    assert joined(laid_out(query)) == query
