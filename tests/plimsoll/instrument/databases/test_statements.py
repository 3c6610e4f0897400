"""What is read of a statement: what it does, and to which table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.instrument.databases.statements import NO_TABLE, OTHER, READ_AT_MOST, Statement, read_statement

OPERATIONS = {"select", "insert", "update", "delete", "copy", OTHER}


@pytest.mark.parametrize(
    ("sql", "operation", "table"),
    [
        ("SELECT id FROM people WHERE id = $1", "select", "people"),
        ("select 1", "select", NO_TABLE),
        ("INSERT INTO public.people (a, b) VALUES ($1, $2)", "insert", "people"),
        ("INSERT INTO people (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", "insert", "people"),
        ("INSERT OR IGNORE INTO people VALUES (1)", "insert", "people"),
        ("INSERT INTO log SELECT id FROM people", "insert", "log"),
        ("UPDATE ONLY people SET a = 1 FROM jobs", "update", "people"),
        ('DELETE FROM "House"."Odd people" WHERE a = 1', "delete", "Odd people"),
        ("COPY people (a, b) FROM STDIN", "copy", "people"),
        ("COPY (SELECT a FROM people) TO STDOUT", "copy", "people"),
        ("(SELECT a FROM people) UNION (SELECT a FROM jobs)", "select", "people"),
        ("BEGIN ISOLATION LEVEL READ COMMITTED", OTHER, NO_TABLE),
        ("CREATE TABLE people (a int)", OTHER, NO_TABLE),
        ("", OTHER, NO_TABLE),
    ],
)
def test_a_statement_is_named_by_its_verb_and_its_first_table(sql: str, operation: str, table: str) -> None:
    assert read_statement(sql) == Statement(operation, table)


@pytest.mark.parametrize(
    ("sql", "operation", "table"),
    [
        (
            "WITH due AS (SELECT id FROM jobs FOR UPDATE SKIP LOCKED) UPDATE people SET a = 1 FROM due",
            "update",
            "people",
        ),
        ("WITH gone AS (DELETE FROM jobs RETURNING id) SELECT count(*) FROM gone", "delete", "jobs"),
        (
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n FROM t) SELECT n FROM t JOIN people ON true",
            "select",
            "people",
        ),
    ],
)
def test_what_with_prepares_is_no_table_and_counts_where_it_writes(sql: str, operation: str, table: str) -> None:
    assert read_statement(sql) == Statement(operation, table)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT extract(year FROM birthday) FROM people",
        "SELECT a IS DISTINCT FROM b FROM people",
        "SELECT 'it''s from jobs' FROM people",
        "SELECT $body$ from jobs $body$ FROM people",
        "SELECT a -- from jobs\nFROM people",
        "/* from jobs */ SELECT a FROM people",
        "SELECT a FROM unnest($1::int[]) AS given JOIN people ON true",
        "SELECT a FROM people FOR UPDATE",
    ],
)
def test_what_only_looks_like_a_table_is_none(sql: str) -> None:
    assert read_statement(sql) == Statement("select", "people")


@given(st.text(alphabet="SELECTFROMINTOWH abc'\"$-/*().,;`[\n"))
def test_any_text_is_read_as_something(sql: str) -> None:
    assert read_statement(sql).operation in OPERATIONS


@given(st.sampled_from(["'", '"', "/*", "$a$", "(", "select ", "from a ", "with a as ("]))
def test_a_long_text_is_read_at_its_beginning_alone(piece: str) -> None:
    sql = f"TABLE people {piece * READ_AT_MOST}"
    assert read_statement(sql) == read_statement(sql[:READ_AT_MOST])
