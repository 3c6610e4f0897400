"""Whatever happens, SQLite never sees a delivery make a move that the table lacks."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from natalis.domain.delivery import Status
from natalis.domain.lifecycle import MOVES
from natalis.stores.sqlite import open_store
from natalis.testing.journeys import Journey
from natalis.testing.wanderings import OFTEN, Wanderer

REMEMBER_MOVES = """
CREATE TABLE moves (before TEXT, after TEXT);
CREATE TRIGGER move AFTER UPDATE OF status ON deliveries WHEN old.status <> new.status
BEGIN INSERT INTO moves VALUES (old.status, new.status); END;
"""


@pytest.mark.parametrize("seed", range(12))
async def test_every_move_is_in_the_table(path: Path, seed: int) -> None:
    await (await open_store(path)).connection.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(REMEMBER_MOVES)
    store = await open_store(path)
    wanderer, dice = Wanderer(Journey(store)), random.Random(seed)

    for _ in range(150):
        await wanderer.act(dice.choice(OFTEN), dice.randrange(2**16))

    await store.connection.close()
    with closing(sqlite3.connect(path)) as connection:
        made = set(connection.execute("SELECT DISTINCT before, after FROM moves"))
    assert made
    assert {move for move in made if Status(move[1]) not in MOVES[Status(move[0])]} == set()
