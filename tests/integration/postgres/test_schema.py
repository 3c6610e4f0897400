"""Rule: migrations lead to the schema as it is written down, and every query fits it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest

from natalis.stores import postgres as package
from natalis.stores.named_queries import NamedQuery
from natalis.stores.postgres.session import QUERIES, statement
from natalis.testing.servers import programs
from natalis.testing.servers.postgres import PostgresDatabase

pytestmark = pytest.mark.network

_WITH_NAMES = {name for name, query in QUERIES.items() if "{" in query.sql and "~" not in query.sql}
_DEFINITIONS = {"begin_migrations"}


def dumped(database: PostgresDatabase, *options: str) -> str:
    """Return the schema of a database, less what keeps account of migrations."""
    command = [programs.find("pg_dump"), "--schema-only", "--no-owner", "--exclude-table=natalis_migrations", *options]
    text = programs.run([*command, database.admin_url])
    return "\n".join(line for line in text.splitlines() if not line.startswith(("--", "\\")))


def test_migrations_lead_to_the_schema_as_it_is_written_down(
    migrated: PostgresDatabase, postgres: PostgresDatabase
) -> None:
    postgres.sql(files("natalis.stores.postgres").joinpath("schema.sql").read_text("utf-8"))

    assert dumped(migrated) == dumped(postgres)


async def test_every_query_fits_the_schema(migrated: PostgresDatabase) -> None:
    connection = await asyncpg.connect(migrated.url)
    names = QUERIES.keys() - _WITH_NAMES - _DEFINITIONS

    prepared = {name: await connection.prepare(QUERIES[name].sql) for name in sorted(names)}

    for name, found in prepared.items():
        assert len(found.get_parameters()) == len(QUERIES[name].parameters), name
    await connection.close()


def test_every_query_is_asked_somewhere() -> None:
    folder = Path(package.__file__).parent
    code = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))

    assert [name for name in QUERIES if f'"{name}"' not in code] == []


def test_no_index_of_deliveries_knows_a_status(migrated: PostgresDatabase) -> None:
    """A claim changes the status alone of all that queries look for, so it need not touch an index."""
    definitions = migrated.sql("SELECT indexdef FROM pg_indexes WHERE tablename = 'deliveries'").splitlines()

    assert len(definitions) == 6
    assert [definition for definition in definitions if "status" in definition or "lease" in definition] == []


def test_a_parameter_is_numbered_where_it_first_appears() -> None:
    query = NamedQuery("any", "Any.", "SELECT :b::text, :a, :b FROM t WHERE c = 'x'::text AND :a > 1")

    assert statement(query).sql == "SELECT $1::text, $2, $1 FROM t WHERE c = 'x'::text AND $2 > 1"
    assert statement(query).parameters == ("b", "a")
