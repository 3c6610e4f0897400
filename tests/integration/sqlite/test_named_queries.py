"""Queries live in `.sql` files, each with a name and a sentence; anything else is refused."""

from __future__ import annotations

import pytest

from natalis.stores.named_queries import NamedQuery, QueryFileInvalid, load_queries, parse_queries

GOOD = """-- What this file holds is not a query.

-- name: due
-- What is due,
-- soonest first.
SELECT key
FROM deliveries -- all of them
WHERE due_at <= :now;

-- name: nothing
-- Nothing at all.
SELECT 1;
"""


def test_a_file_is_read_query_by_query() -> None:
    due, nothing = parse_queries(GOOD, source="good.sql")

    assert due == NamedQuery(
        "due",
        "What is due, soonest first.",
        "SELECT key\nFROM deliveries -- all of them\nWHERE due_at <= :now",
    )
    assert nothing.sql == "SELECT 1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-- name: due\nSELECT 1;", "due is not explained"),
        ("-- name: due\n-- due\nSELECT 1;", "due is not explained"),
        ("-- name: due\n-- What is due.\n", "due has no statement"),
        ("-- name:\n-- What is due.\nSELECT 1;", "cannot name a query"),
        ("-- name: two words\n-- What is due.\nSELECT 1;", None),
    ],
)
def test_what_lacks_a_name_a_sentence_or_a_statement_is_refused(text: str, problem: str | None) -> None:
    with pytest.raises(QueryFileInvalid, match=problem):
        parse_queries(text, source="bad.sql")


def test_every_query_of_the_store_is_loaded() -> None:
    queries = load_queries("natalis.stores.sqlite.sql")

    assert {"due_on_time", "claimable", "end_deliveries", "occasions_to_plan"} <= queries.keys()
    assert all(query.explanation.endswith((".", ";", ":")) for query in queries.values())
