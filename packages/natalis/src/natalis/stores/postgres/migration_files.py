"""Migrations as files: each is a run of steps, and each step says how it may be done while the service is up.

A file begins with the oldest version of the code that can work beside it, and is a run of blocks like this one:

    -- works with: 3

    -- step: find_by_name alone
    -- People are listed by name now.
    CREATE INDEX CONCURRENTLY users_name ON users (last_name);

`migrations.md` beside this file says which kind of step is for what.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

_NUMBERED = re.compile(r"(\d{4})_\w+\.sql")
_HEADER = re.compile(r"-- works with: (\d+)\n")
_STEP = re.compile(r"^-- step: (\w+) (\w+)\n((?:-- .*\n)+)", re.MULTILINE)


class MigrationFileInvalid(ValueError):
    """A migration does not hold to the form; a fault of the programmer."""


class StepKind(enum.StrEnum):
    """How a step is done."""

    TRANSACTION = "transaction"  # at once; must need its locks for a moment only
    ALONE = "alone"  # one statement that no transaction may hold, such as CREATE INDEX CONCURRENTLY
    BATCHES = "batches"  # one statement again and again, until it changes nothing more


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a migration.

    Attributes:
        version: The migration's number.
        works_with: The oldest version of the code that can work beside it.
        name: Unique in the migration.
        kind: How it is done.
        explanation: What it is for, in a sentence or more.
        sql: What is run.
    """

    version: int
    works_with: int
    name: str
    kind: StepKind
    explanation: str
    sql: str


def load_steps(package: str) -> Sequence[Step]:
    """Return every step of every migration in `package`, in order.

    Raises:
        MigrationFileInvalid: A file does not hold to the form.
    """
    found = {
        int(numbered[1]): resource.read_text("utf-8")
        for resource in files(package).iterdir()
        if (numbered := _NUMBERED.fullmatch(resource.name)) is not None
    }
    return [step for version, text in sorted(found.items()) for step in parse_steps(text, version=version)]


def parse_steps(text: str, *, version: int) -> Sequence[Step]:
    """Return the steps of one file's `text`.

    Raises:
        MigrationFileInvalid: It does not hold to the form.
    """
    header = _HEADER.match(text)
    if header is None:
        raise MigrationFileInvalid(f"{version:04d}: begin with `-- works with: N`, the oldest code that can bear it")
    _, *parts = _STEP.split(text[header.end() :])
    blocks = zip(*(parts[place::4] for place in range(4)), strict=True)
    steps = [_step(version, int(header[1]), block) for block in blocks]
    if not steps or len({step.name for step in steps}) < len(steps):
        raise MigrationFileInvalid(f"{version:04d}: write one step or more, each under a name of its own")
    return steps


def _step(version: int, works_with: int, block: tuple[str, ...]) -> Step:
    name, kind, comment, sql = block
    explanation = " ".join(line.removeprefix("-- ") for line in comment.splitlines())
    if kind not in set(StepKind) or not sql.strip():
        raise MigrationFileInvalid(f"{version:04d} {name}: give it a kind, one of {', '.join(StepKind)}, and SQL")
    return Step(version, works_with, name, StepKind(kind), explanation, sql.strip())
