"""Rule: a process learns that another one wrote to its file, so that it serves nothing stale from its cache."""

from __future__ import annotations

from pathlib import Path

from natalis.stores.sqlite import open_store


async def test_a_write_of_another_connection_is_noticed_once(tmp_path: Path) -> None:
    mine, other = await open_store(tmp_path / "n.db"), await open_store(tmp_path / "n.db")
    assert mine.changes is not None
    await mine.changes.changed_elsewhere()
    await mine.facts.put("mine", "1")
    assert not await mine.changes.changed_elsewhere()
    await other.facts.put("theirs", "1")
    assert await mine.changes.changed_elsewhere()
    assert not await mine.changes.changed_elsewhere()
    await mine.connection.close()
    await other.connection.close()
