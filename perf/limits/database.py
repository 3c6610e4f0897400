"""PostgreSQL alone, by pgbench: rows inserted, marked one by one, and claimed and completed in batches, a second."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from natalis.testing.servers import programs
from natalis.testing.servers.postgres import PostgresDatabase
from perf.figures import Figure

IN_BATCHES = "PostgreSQL: rows claimed and completed in batches of {:,}"

_TABLE = """
    CREATE TABLE rows (
        id bigint PRIMARY KEY, email text NOT NULL, message text NOT NULL,
        holder integer, lease_until timestamptz, sent_at timestamptz
    ) WITH (fillfactor = 50)
"""
_FILL = """
    INSERT INTO rows SELECT n, n || '@example.org', 'Hey, Ada Lovelace it''s your birthday'
    FROM generate_series(1, {count}) AS n
"""
_INSERT = """
    INSERT INTO made (email, message) VALUES ('ada@example.org', 'Hey, Ada Lovelace it''s your birthday');
"""
_MADE = "CREATE TABLE made (id bigserial PRIMARY KEY, email text NOT NULL, message text NOT NULL)"
_MARK = r"""
    \set id random(1, {count})
    UPDATE rows SET sent_at = now() WHERE id = :id;
"""
# Two transactions, as a worker has them: the claim is committed before anybody is written to. A client's own rows lie
# together, so that no two wait for one another, and a moving mark spares it what it has behind it: nothing is cheaper.
_CLAIM_AND_COMPLETE = r"""
    \set first 1 + :client_id * {share} + :turn * {batch}
    \set turn :turn + 1
    UPDATE rows SET holder = :client_id, lease_until = now() + interval '30 s'
    WHERE id IN (
        SELECT id FROM rows WHERE id >= :first AND id < :first + {batch} AND sent_at IS NULL FOR UPDATE SKIP LOCKED
    );
    UPDATE rows SET sent_at = now(), lease_until = NULL
    WHERE id >= :first AND id < :first + {batch} AND holder = :client_id AND sent_at IS NULL;
"""
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_ROWS = 200_000


def measure(database: PostgresDatabase, *, quick: bool) -> list[Figure]:
    """Return the limits; the database is empty before and full of rows after."""
    rows = _ROWS // 10 if quick else _ROWS
    database.sql(f"{_TABLE}; {_FILL.format(count=rows)}; {_MADE}; ANALYZE")
    seconds = "1" if quick else "4"
    single = ["--client", "16", "--jobs", "2", "--time", seconds]
    return [
        Figure("PostgreSQL: one row inserted in a transaction", _pgbench(database, _INSERT, single), "/s"),
        Figure(
            "PostgreSQL: one row marked in a transaction",
            _pgbench(database, _MARK.format(count=rows), single),
            "/s",
        ),
        *(_batches(database, rows, size) for size in (100, 1000)),
    ]


def _batches(database: PostgresDatabase, rows: int, size: int) -> Figure:
    database.sql("UPDATE rows SET holder = NULL, sent_at = NULL; VACUUM rows; CHECKPOINT")
    clients = 2
    each = rows // clients // size
    script = _CLAIM_AND_COMPLETE.format(batch=size, share=rows // clients)
    flags = ["--client", str(clients), "--jobs", "2", "--transactions", str(each), "--define", "turn=0"]
    tps = _pgbench(database, script, flags)
    done = int(database.sql("SELECT count(*) FROM rows WHERE sent_at IS NOT NULL"))
    if done != clients * each * size:
        raise SystemExit(f"of {clients * each * size} rows {done} were claimed and completed")
    return Figure(IN_BATCHES.format(size), tps * size, "/s")


def _pgbench(database: PostgresDatabase, script: str, flags: Sequence[str]) -> float:
    """Return transactions (runs of the script) a second."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text("\n".join(line.strip() for line in script.splitlines() if line.strip()))
        common = ["--no-vacuum", "--protocol", "prepared", "--file", str(file), *flags, database.admin_url]
        said = programs.run([programs.find("pgbench"), *common])
    found = _TPS.search(said)
    if found is None:
        raise SystemExit(f"pgbench did not say its rate:\n{said}")
    return float(found[1])
